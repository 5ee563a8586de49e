//! The stylesheet and the icon, compiled in.

use http::{HeaderName, header};

type Asset = ([(HeaderName, &'static str); 2], &'static str);

fn asset(kind: &'static str, text: &'static str) -> Asset {
    // Asked for anew each time: a newer service must not meet an older stylesheet.
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text)
}

/// `GET /console/assets/style.css`
pub(super) async fn style() -> Asset {
    asset("text/css; charset=utf-8", include_str!("style.css"))
}

/// `GET /console/assets/icon.svg`
pub(super) async fn icon() -> Asset {
    asset("image/svg+xml", include_str!("icon.svg"))
}
