//! Errors that words alone tell apart.

use super::{forbidden_by, is_outrun};

#[test]
fn a_protection_and_a_guardrail_are_told_from_a_name_that_is_called_so() {
    let rule = |why: &str| forbidden_by(why).unwrap_or_default();
    assert!(
        rule("[The RRSet etl.example.com. CNAME is protected: it already exists]").starts_with("a record set prot")
    );
    assert!(
        rule("Rejected by the guardrail ACTIVE_RECORD_CHECK.").contains("the change guardrail ACTIVE_RECORD_CHECK")
    );
    assert!(rule("A Change Guardrail rejects it").starts_with("a change guardrail"));
    let outrun = "[Tried to create resource record set [name='protected.guardrail.A_CHECK.com.', type='CNAME'] but it \
                  already exists]";
    assert_eq!(forbidden_by(outrun), None);
    assert!(is_outrun(outrun));
}
