//! [`ApiToken`]: a machine token, checked for its form.

use std::fmt;
use std::str::FromStr;

use crate::error::InvalidInput;
use crate::secret::Secret;

/// A token that belongs to a service account (`ema_...`) or a JWT (`ey...`).
///
/// Only the form is checked: blanks around it are dropped, and a token of another form is refused before it can be
/// sent anywhere. Errors describe a refused token, they never quote it.
///
/// ```
/// use arraylake_types::ApiToken;
/// assert!("ema_abc123".parse::<ApiToken>().is_ok());
/// let error = "hunter2".parse::<ApiToken>().unwrap_err().to_string();
/// assert!(error.contains("must begin with `ema_`") && !error.contains("hunter2"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(Secret);

impl ApiToken {
    /// The token as a secret.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Gives the secret away.
    #[must_use]
    pub fn into_secret(self) -> Secret {
        self.0
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(..)")
    }
}

impl FromStr for ApiToken {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        let token = text.trim();
        let bad = |rule: &str| {
            let value = format!("<{} characters>", token.chars().count());
            Err(InvalidInput::new("API token", value, rule))
        };
        if token.is_empty() {
            return bad("must not be empty");
        }
        if !token.starts_with("ema_") && !token.starts_with("ey") {
            return bad("must begin with `ema_`, or with `ey` if it is a JWT");
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return bad("must be printable ASCII without blanks");
        }
        Ok(Self(Secret::new(token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_token_is_described_and_never_quoted() {
        for bad in ["", "  ", "hunter2", "ema_two words", "ema_line\nbreak"] {
            let error = bad.parse::<ApiToken>().unwrap_err().to_string();
            assert!(bad.trim().is_empty() || !error.contains(bad), "{error}");
        }
        let token: ApiToken = " ema_x\n".parse().unwrap();
        assert_eq!(token.secret().expose(), "ema_x");
        assert_eq!(format!("{token:?}"), "ApiToken(..)");
    }
}
