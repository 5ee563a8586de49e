//! Reads role traits, and refuses what the generators could not carry over.

use syn::{
    Attribute, FnArg, Ident, Item, ItemTrait, Pat, ReturnType, Signature, TraitItem, Type, Visibility,
    visit::{self, Visit},
};

use crate::process::{Error, Result};

/// A `pub trait` with `#[async_trait]`.
pub(super) struct Role {
    pub(super) name: Ident,
    pub(super) attrs: Vec<Attribute>,
    pub(super) methods: Vec<Method>,
}

/// One of its methods: `&self`, arguments that can be owned, `Result`.
pub(super) struct Method {
    pub(super) name: Ident,
    pub(super) attrs: Vec<Attribute>,
    pub(super) args: Vec<Arg>,
    pub(super) output: Type,
}

/// An argument after `&self`.
pub(super) struct Arg {
    /// Without the leading `_` that a default body asks for.
    pub(super) name: Ident,
    pub(super) ty: Type,
}

/// The roles of one source file, in its order.
pub(super) fn parse(source: &str) -> Result<Vec<Role>> {
    let file =
        syn::parse_file(source).map_err(|e| Error::new(format!("line {}: {e}", e.span().start().line)))?;
    file.items
        .iter()
        .filter_map(|item| match item {
            Item::Trait(item) if is_role(item) => Some(role(item)),
            _ => None,
        })
        .collect()
}

fn is_role(item: &ItemTrait) -> bool {
    matches!(item.vis, Visibility::Public(_))
        && item
            .attrs
            .iter()
            .any(|attr| attr.path().segments.last().is_some_and(|last| last.ident == "async_trait"))
}

fn role(item: &ItemTrait) -> Result<Role> {
    let name = &item.ident;
    if !item.generics.params.is_empty() {
        return Err(Error::new(format!("{name}: a role trait has no generic parameters")));
    }
    let methods = item.items.iter().map(|item| match item {
        TraitItem::Fn(item) => method(&item.sig, &item.attrs)
            .map_err(|reason| Error::new(format!("{name}::{}: {reason}", item.sig.ident))),
        _ => Err(Error::new(format!("{name}: a role trait has methods only"))),
    });
    Ok(Role { name: name.clone(), attrs: item.attrs.clone(), methods: methods.collect::<Result<_>>()? })
}

fn method(sig: &Signature, attrs: &[Attribute]) -> Result<Method, &'static str> {
    if sig.asyncness.is_none() {
        return Err("a role method is `async`");
    }
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        return Err("a role method has no generic parameters, lifetimes or bounds");
    }
    let mut inputs = sig.inputs.iter();
    match inputs.next() {
        Some(FnArg::Receiver(self_)) if self_.reference.is_some() && self_.mutability.is_none() => {}
        _ => return Err("a role method takes `&self`"),
    }
    Ok(Method {
        name: sig.ident.clone(),
        attrs: attrs.to_vec(),
        args: inputs.map(arg).collect::<Result<_, _>>()?,
        output: output(&sig.output)?,
    })
}

fn arg(input: &FnArg) -> Result<Arg, &'static str> {
    let FnArg::Typed(input) = input else {
        return Err("only the first argument is `self`");
    };
    let Pat::Ident(pat) = &*input.pat else {
        return Err("an argument is a plain name");
    };
    let inner = match &*input.ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            return Err("an argument is no `&mut`");
        }
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    };
    if !Ownable::check(inner) {
        return Err(
            "an argument is `&T`, `&str`, `&[T]` or owned: no `impl`, `dyn`, inner references or lifetimes",
        );
    }
    let name = pat.ident.to_string();
    Ok(Arg { name: Ident::new(name.trim_start_matches('_'), pat.ident.span()), ty: (*input.ty).clone() })
}

fn output(output: &ReturnType) -> Result<Type, &'static str> {
    let wrong = "a role method returns an owned `Result<…>`";
    let ReturnType::Type(_, ty) = output else {
        return Err(wrong);
    };
    let Type::Path(path) = &**ty else {
        return Err(wrong);
    };
    let is_result = path.path.segments.last().is_some_and(|last| last.ident == "Result");
    if !is_result || !Ownable::check(ty) {
        return Err(wrong);
    }
    Ok((**ty).clone())
}

/// Looks for what keeps a type from being sent to another thread as it is.
struct Ownable(bool);

impl Ownable {
    fn check(ty: &Type) -> bool {
        // `Box<dyn Trait>` may not be `Send` and an open lifetime cannot be spawned, so all of them are out.
        let mut visitor = Self(true);
        visitor.visit_type(ty);
        visitor.0
    }
}

impl<'ast> Visit<'ast> for Ownable {
    fn visit_type(&mut self, ty: &'ast Type) {
        if matches!(ty, Type::Reference(_) | Type::ImplTrait(_) | Type::TraitObject(_) | Type::Ptr(_)) {
            self.0 = false;
        }
        visit::visit_type(self, ty);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
        self.0 &= lifetime.ident == "static";
    }
}

/// The attributes of these names, as they are.
pub(super) fn keep(attrs: &[Attribute], names: &[&str]) -> Vec<Attribute> {
    let kept = attrs.iter().filter(|attr| names.iter().any(|name| attr.path().is_ident(name)));
    kept.cloned().collect()
}

/// Whether the item is deprecated.
pub(super) fn is_deprecated(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("deprecated"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(method: &str) -> String {
        let source = format!("#[async_trait] pub trait Repos {{ {method} }}");
        parse(&source).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn only_public_traits_with_async_trait_are_roles() {
        let roles = parse(
            "#[async_trait] pub trait A {} #[async_trait::async_trait] pub trait B {} pub trait C {} \
             #[async_trait] trait D {} #[cfg(test)] mod tests { #[async_trait] pub trait E {} }",
        )
        .unwrap();
        let names: Vec<_> = roles.iter().map(|role| role.name.to_string()).collect();
        assert_eq!(names, ["A", "B"]);
    }

    #[test]
    fn an_unused_argument_of_a_default_body_loses_its_underscore() {
        let source = "#[async_trait] pub trait A { async fn a(&self, _name: &str) -> Result<()> { no() } }";
        let roles = parse(source).unwrap();
        assert_eq!(roles[0].methods[0].args[0].name, "name");
    }

    #[test]
    fn what_cannot_be_carried_over_is_refused_by_name() {
        let cases = [
            ("async fn a<T>(&self, x: T) -> Result<()>;", "generic"),
            ("async fn a(&self, x: impl Into<String>) -> Result<()>;", "no `impl`"),
            ("async fn a(&self, x: Vec<impl Sized>) -> Result<()>;", "no `impl`"),
            ("async fn a(&self, x: &dyn Sized) -> Result<()>;", "no `impl`"),
            ("async fn a(&self, x: Option<&str>) -> Result<()>;", "inner references"),
            ("async fn a(&self, x: Cow<'_, str>) -> Result<()>;", "lifetimes"),
            ("async fn a(&self, x: &mut String) -> Result<()>;", "&mut"),
            ("async fn a(&self, (x, y): (u8, u8)) -> Result<()>;", "plain name"),
            ("async fn a(&mut self) -> Result<()>;", "`&self`"),
            ("async fn a() -> Result<()>;", "`&self`"),
            ("fn a(&self) -> Result<()>;", "`async`"),
            ("async fn a(&self);", "`Result<…>`"),
            ("async fn a(&self) -> u8;", "`Result<…>`"),
            ("async fn a(&self) -> Result<&str>;", "`Result<…>`"),
        ];
        for (method, reason) in cases {
            let error = error(method);
            assert!(error.starts_with("Repos::a: ") && error.contains(reason), "{method}: {error}");
        }
        assert_eq!(error("type X;"), "Repos: a role trait has methods only");
    }
}
