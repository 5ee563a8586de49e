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

#[test]
fn fields_in_different_orders_and_fields_of_several_elements_have_names_that_are_known_here_alone() {
    let mut stored = array(&[4], "/");
    stored["data_type"] = json!({"type": [["a", ">i2"], ["b", "<i4", [2]], ["c", ">u2", [1, 2]]]});
    // 1; 2 and 3; 4 and 5, each in its own order.
    stored["fill_value"] = json!("AAECAAAAAwAAAAAEAAU=");
    let shown = to_v3(&stored);
    assert_eq!(shown["codecs"][0], json!({"name": "bytes"}));
    let big = json!({"name": "big_endian", "configuration": {"data_type": "uint16"}});
    let fields = json!([
        ["a", {"name": "big_endian", "configuration": {"data_type": "int16"}}],
        ["b", {"name": "subarray", "configuration": {"data_type": "int32", "shape": [2]}}],
        ["c", {"name": "subarray", "configuration": {"data_type": big, "shape": [1, 2]}}],
    ]);
    assert_eq!(shown["data_type"], json!({"name": "structured", "configuration": {"fields": fields}}));
    assert_eq!(shown["fill_value"], "AQACAAAAAwAAAAQABQA=");
    understood(&shown).unwrap();
    let back = to_draft(&shown);
    assert_eq!(
        (&back["data_type"]["type"], &back["fill_value"]),
        (&stored["data_type"]["type"], &stored["fill_value"])
    );
    let error = array_for_others(self::fields(&stored)).unwrap_err();
    assert!(error.to_string().contains("the field `a`"), "{error}");
}
