//! Data types whose elements are some bytes each: fields, raw bytes, gaps.

use super::translation::{fields, of_python, to_draft, to_v3, understood};
use super::*;

#[test]
fn fields_in_big_endian_order_are_told_by_the_codec_and_their_fill_value_is_that_of_numbers() {
    let stored = of_python().into_iter().find(|(text, _)| text.contains(r#"[["a",">i4"]"#)).unwrap().0;
    let shown = to_v3(&serde_json::from_str(&stored).unwrap());
    assert_eq!(shown["codecs"][0], json!({"name": "bytes", "configuration": {"endian": "big"}}));
    assert_eq!(shown["data_type"]["configuration"]["fields"][0], json!(["a", "int32"]));
    // 1, 2, 1+2j and `a` in little order, as arrays hold them in memory.
    assert_eq!(shown["fill_value"], "AQAAAAIAAIA/AAAAQGEAAAA=");
    let error = array_for_others(fields(&serde_json::from_str(&stored).unwrap())).unwrap_err();
    assert!(*error.kind() == ErrorKind::Unsupported && error.to_string().contains("big-endian"), "{error}");
}

#[test]
fn gaps_between_fields_have_the_names_that_numpy_gives_them() {
    let mut stored = array(&[4], "/");
    stored["fill_value"] = json!(null);
    stored["data_type"] = json!({"type": [["a", "|u1"], ["", "|V3"], ["b", "<i4"]]});
    let shown = to_v3(&stored);
    let fields = json!([["a", "uint8"], ["f1", "r24"], ["b", "int32"]]);
    assert_eq!(shown["data_type"]["configuration"]["fields"], fields);
    understood(&shown).unwrap();
    assert_eq!(to_draft(&shown)["data_type"]["type"], json!([["a", "|u1"], ["f1", "|V3"], ["b", "<i4"]]));
}

#[test]
fn what_no_other_reader_of_zarr_v3_knows_stays_and_raw_bytes_go_by_the_name_that_python_knows() {
    let mut stored = array(&[4], "/");
    let others = |stored: &Value| array_for_others(fields(stored));
    assert_eq!(others(&stored).unwrap(), to_v3(&stored));
    stored["attributes"] = json!({"filters": [{"id": "categorize", "labels": ["a"], "dtype": "<U2"}]});
    stored["data_type"] = json!("<U2");
    assert!(others(&stored).unwrap_err().to_string().contains("categorize"));
    stored["attributes"] = json!({});
    let raw = |length: u64| json!({"name": "raw_bytes", "configuration": {"length_bytes": length}});
    for (kind, fill, shown, shown_fill) in [
        (json!([["", "|V3"]]), json!("AAEC"), raw(3), json!("AAEC")),
        (json!("|V3"), json!(null), raw(3), json!("AAAA")),
        (
            json!([["a", "|u1"], ["", "|V2"]]),
            json!("AAAA"),
            json!({"name": "structured", "configuration": {"fields": [["a", "uint8"], ["f1", raw(2)]]}}),
            json!("AAAA"),
        ),
    ] {
        (stored["data_type"], stored["fill_value"]) = (json!({"type": kind}), fill);
        let document = others(&stored).unwrap();
        assert_eq!((&document["data_type"], &document["fill_value"]), (&shown, &shown_fill));
        understood(&document).unwrap();
        assert_eq!(to_draft(&document)["fill_value"], shown_fill);
    }
}
