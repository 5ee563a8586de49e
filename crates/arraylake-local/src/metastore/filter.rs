//! [`Filter`]: which documents of metadata are wanted, in a part of JMESPath.
//!
//! The parts: fields, indices, slices, lists, literals, comparisons, `&&`, `||`, `!`, `@`, `contains` and `keys`. Two
//! things differ from JMESPath, as clients expect them: texts are ordered, too, and a literal between backticks that is
//! no JSON is a text.

use std::cmp::Ordering;

use jmespath::ast::{Ast, Comparator};
use serde_json::{Map, Value};

use super::filter_text;
use crate::refusal::Refusal;

/// A condition on the attributes of a document.
#[derive(Debug, Clone)]
pub(super) struct Filter(Expr);

/// What is supported of an expression.
#[derive(Debug, Clone)]
enum Expr {
    Literal(Value),
    /// What is not equal to anything.
    NotANumber,
    Current,
    Field(String),
    Index(i32),
    Slice(Option<i32>, Option<i32>, i32),
    List(Vec<Expr>),
    Then(Box<Expr>, Box<Expr>),
    Each(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Comparator, Box<Expr>, Box<Expr>),
    Contains(Box<Expr>, Box<Expr>),
    Keys(Box<Expr>),
}

impl Filter {
    /// Reads a filter.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let plain = filter_text::plain(text).map_err(unsupported)?;
        let ast = jmespath::parse(&plain).map_err(|error| {
            let token = filter_text::token_at(&plain, error.offset);
            let place = format!("Parse error at column {}, token {token}", error.offset);
            Refusal::rule(format!("invalid token: {place}, for expression:\n\"{text}\""))
        })?;
        Expr::of(&ast).map(Self).map_err(unsupported)
    }

    /// Whether a document passes. One without attributes never does.
    pub(super) fn passes(&self, document: &str) -> bool {
        let document = serde_json::from_str::<Map<String, Value>>(document).unwrap_or_default();
        document.get("attributes").is_some_and(|attributes| is_true(&self.0.on(attributes)))
    }
}

fn unsupported(what: &str) -> Refusal {
    let known =
        "fields, indices, slices, lists, literals, comparisons, `&&`, `||`, `!`, `@`, `contains`, `keys`";
    Refusal::rule(format!("Functionality not supported in filters: {what}; there are {known}"))
}

impl Expr {
    fn of(ast: &Ast) -> Result<Self, &'static str> {
        let boxed = |ast: &Ast| Self::of(ast).map(Box::new);
        Ok(match ast {
            Ast::Literal { value, .. } => literal(serde_json::to_value(&**value).unwrap_or_default()),
            Ast::Identity { .. } => Self::Current,
            Ast::Field { name, .. } => Self::Field(name.clone()),
            Ast::Index { idx, .. } => Self::Index(*idx),
            Ast::Slice { start, stop, step, .. } => Self::Slice(*start, *stop, *step),
            Ast::MultiList { elements, .. } => {
                Self::List(elements.iter().map(Self::of).collect::<Result<_, _>>()?)
            }
            Ast::Subexpr { lhs, rhs, .. } => Self::Then(boxed(lhs)?, boxed(rhs)?),
            Ast::Projection { lhs, rhs, .. } if ends_in_slice(lhs) => Self::Each(boxed(lhs)?, boxed(rhs)?),
            Ast::Not { node, .. } => Self::Not(boxed(node)?),
            Ast::And { lhs, rhs, .. } => Self::And(boxed(lhs)?, boxed(rhs)?),
            Ast::Or { lhs, rhs, .. } => Self::Or(boxed(lhs)?, boxed(rhs)?),
            Ast::Comparison { comparator, lhs, rhs, .. } => {
                Self::Compare(comparator.clone(), boxed(lhs)?, boxed(rhs)?)
            }
            Ast::Function { name, args, .. } => match (name.as_str(), args.as_slice()) {
                ("contains", [subject, search]) => Self::Contains(boxed(subject)?, boxed(search)?),
                ("keys", [of]) => Self::Keys(boxed(of)?),
                _ => return Err("this function"),
            },
            Ast::Projection { .. } | Ast::Condition { .. } => {
                return Err("wildcards and filters within filters");
            }
            Ast::Expref { .. } => return Err("references to expressions"),
            Ast::Flatten { .. } => return Err("flattening"),
            Ast::MultiHash { .. } | Ast::ObjectValues { .. } => return Err("objects of expressions"),
        })
    }

    fn on(&self, value: &Value) -> Value {
        match self {
            Self::Literal(literal) => literal.clone(),
            Self::NotANumber => Value::Null,
            Self::Current => value.clone(),
            Self::Field(name) => value.get(name).cloned().unwrap_or_default(),
            Self::Index(at) => value.as_array().and_then(|list| item(list, *at)).unwrap_or_default(),
            Self::Slice(start, stop, step) => {
                value.as_array().map(|list| slice(list, (*start, *stop, *step))).unwrap_or_default()
            }
            Self::List(elements) => elements.iter().map(|element| element.on(value)).collect(),
            Self::Then(first, then) => then.on(&first.on(value)),
            Self::Each(list, each) => match list.on(value) {
                Value::Array(items) => {
                    items.iter().map(|item| each.on(item)).filter(|it| !it.is_null()).collect()
                }
                _ => Value::Null,
            },
            Self::Not(of) => (!is_true(&of.on(value))).into(),
            Self::And(one, other) => {
                Some(one.on(value)).filter(|it| !is_true(it)).unwrap_or_else(|| other.on(value))
            }
            Self::Or(one, other) => Some(one.on(value)).filter(is_true).unwrap_or_else(|| other.on(value)),
            Self::Compare(by, one, other) => compare(by, (one, other), value),
            Self::Contains(subject, search) => contains(&subject.on(value), &search.on(value)).into(),
            Self::Keys(of) => match of.on(value) {
                Value::Object(fields) => fields.into_iter().map(|(key, _)| key).collect(),
                _ => Value::Null,
            },
        }
    }
}

fn literal(value: Value) -> Expr {
    if filter_text::is_not_a_number(&value) { Expr::NotANumber } else { Expr::Literal(value) }
}

fn ends_in_slice(ast: &Ast) -> bool {
    match ast {
        Ast::Slice { .. } => true,
        Ast::Subexpr { rhs, .. } => ends_in_slice(rhs),
        _ => false,
    }
}

fn compare(by: &Comparator, (one, other): (&Expr, &Expr), value: &Value) -> Value {
    if matches!(one, Expr::NotANumber) || matches!(other, Expr::NotANumber) {
        return (*by == Comparator::NotEqual).into();
    }
    let (one, other) = (one.on(value), other.on(value));
    let ordered = |fits: fn(Ordering) -> bool| order(&one, &other).map(fits).into();
    match by {
        Comparator::Equal => same(&one, &other).into(),
        Comparator::NotEqual => (!same(&one, &other)).into(),
        Comparator::LessThan => ordered(Ordering::is_lt),
        Comparator::LessThanEqual => ordered(Ordering::is_le),
        Comparator::GreaterThan => ordered(Ordering::is_gt),
        Comparator::GreaterThanEqual => ordered(Ordering::is_ge),
    }
}

/// Numbers and texts have an order.
fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

fn same(one: &Value, other: &Value) -> bool {
    one == other || (one.is_number() && order(one, other) == Some(Ordering::Equal))
}

fn contains(subject: &Value, search: &Value) -> bool {
    match (subject, search) {
        (Value::Array(items), search) => items.iter().any(|item| same(item, search)),
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        _ => false,
    }
}

/// What counts as true: all but null, false, and what is empty.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
    }
}

/// An item by its place; a negative one counts from the end.
fn item(list: &[Value], at: i32) -> Option<Value> {
    let at = i64::from(at);
    let at = if at < 0 { at + i64::try_from(list.len()).ok()? } else { at };
    list.get(usize::try_from(at).ok()?).cloned()
}

/// A slice by the rules of Python.
fn slice(list: &[Value], (start, stop, step): (Option<i32>, Option<i32>, i32)) -> Value {
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let step = i64::from(step);
    let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let place = |at: Option<i32>, other: i64| {
        at.map_or(other, |at| i64::from(at) + if at < 0 { length } else { 0 }).clamp(low, high)
    };
    let (first, end) = if step < 0 { (high, low) } else { (low, high) };
    let (mut at, stop) = (place(start, first), place(stop, end));
    let mut items = Vec::new();
    while step != 0 && (if step > 0 { at < stop } else { at > stop }) {
        items.extend(usize::try_from(at).ok().and_then(|at| list.get(at)).cloned());
        at += step;
    }
    Value::Array(items)
}

#[cfg(test)]
mod tests;
