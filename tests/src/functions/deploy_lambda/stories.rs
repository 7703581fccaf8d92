//! What a job leads to, in text.

use expect_test::expect;

use super::{GIVEN, Given, Scene, UNIT, WRONG};

crate::world::scene::stories! { Scene;
    code_was_sent: GIVEN, expect![[r#"
        deploy-lambda: applied
          - put the code of orders where Lambda reads it in eu-west-1
          - rehearse the change at each of 1 targets
          - record deployment 11111111-abcd-1111-abcd-111111abcdef
          - go on with deployment 11111111-abcd-1111-abcd-111111abcdef: wave 1 of 1: 222233334444/eu-west-1/orders:live
        before
        orders:live answers "old" by version 1
        the job waits
        after
        orders:live answers "new" by version 2
        the job succeeded
    "#]];
    code_was_sent_to_a_unit: Given { order: UNIT, ..GIVEN }, expect![[r#"
        deploy-lambda: applied
          - put the code of orders where Lambda reads it in eu-west-1
          - rehearse the change at each of 1 targets
          - record deployment 11111111-abcd-1111-abcd-111111abcdef
          - go on with deployment 11111111-abcd-1111-abcd-111111abcdef: wave 1 of 1: 222233334444/eu-west-1/orders:live
        before
        orders:live answers "old" by version 1
        the job waits
        after
        orders:live answers "new" by version 2
        the job succeeded
    "#]];
    code_was_sent_that_is_there_already: Given { before: "new", ..GIVEN }, expect![[r#"
        deploy-lambda: unchanged (every target has the code already: 222233334444/eu-west-1/orders:live)
        before
        orders:live answers "new" by version 1
        the job waits
        after
        orders:live answers "new" by version 1
        the job succeeded
    "#]];
    code_was_sent_whose_version_cannot_be_invoked: Given { fails: true, ..GIVEN }, expect![[r#"
        deploy-lambda: failed (deployment 11111111-abcd-1111-abcd-111111abcdef was rolled back: wave 1 of 1: 222233334444/eu-west-1/orders:live: version 2 cannot be invoked: It failed: InvalidRuntime)
          - put the code of orders where Lambda reads it in eu-west-1
          - rehearse the change at each of 1 targets
          - record deployment 11111111-abcd-1111-abcd-111111abcdef
          - go on with deployment 11111111-abcd-1111-abcd-111111abcdef: wave 1 of 1: 222233334444/eu-west-1/orders:live
            not done: deployment 11111111-abcd-1111-abcd-111111abcdef was rolled back: wave 1 of 1: 222233334444/eu-west-1/orders:live: version 2 cannot be invoked: It failed: InvalidRuntime
        before
        orders:live answers "old" by version 1
        the job waits
        after
        orders:live answers "old" by version 1
        the job failed: JobFailed: deployment 11111111-abcd-1111-abcd-111111abcdef was rolled back: wave 1 of 1: 222233334444/eu-west-1/orders:live: version 2 cannot be invoked: It failed: InvalidRuntime
    "#]];
    code_was_sent_with_mistakes_in_its_order: Given { order: WRONG, ..GIVEN }, expect![[r#"
        deploy-lambda: refused (deploy.json:/functions/0/name: `payments` may not be touched by deployments; allowed is orders; have it added to SIGNALBOX_DEPLOY_FUNCTIONS, or leave it out (errors: 2))
          error: deploy.json:/functions/0/name: `payments` may not be touched by deployments; allowed is orders; have it added to SIGNALBOX_DEPLOY_FUNCTIONS, or leave it out (bounds)
          error: deploy.json:/waves/0/percent: percentages are of all targets: each is above the one before, and none above 100; write such as 10, 50, 100 (percent)
        before
        orders:live answers "old" by version 1
        the job waits
        after
        orders:live answers "old" by version 1
        the job failed: ConfigurationError: Nothing was changed: 2 errors were found before the first change
        error: deploy.json:/functions/0/name: `payments` may not be touched by deployments; allowed is orders; have it added to SIGNALBOX_DEPLOY_FUNCTIONS, or leave it out (bounds)
        error: deploy.json:/waves/0/percent: percentages are of all targets: each is above the one before, and none above 100; write such as 10, 50, 100 (percent)
    "#]];
    code_was_sent_for_the_function_of_a_stack: Given { is_of_a_stack: true, ..GIVEN }, expect![[r#"
        deploy-lambda: refused (222233334444/eu-west-1/orders:live: stack shop of CloudFormation made the function, so that its code is the stack's; deliver it by the stack, or, where the pipeline owns the code, name the function in SIGNALBOX_DEPLOY_OWNED)
          error: 222233334444/eu-west-1/orders:live: stack shop of CloudFormation made the function, so that its code is the stack's; deliver it by the stack, or, where the pipeline owns the code, name the function in SIGNALBOX_DEPLOY_OWNED (stack)
        before
        orders:live answers "old" by version 1
        the job waits
        after
        orders:live answers "old" by version 1
        the job failed: ConfigurationError: Nothing was changed: 1 errors were found before the first change
        error: 222233334444/eu-west-1/orders:live: stack shop of CloudFormation made the function, so that its code is the stack's; deliver it by the stack, or, where the pipeline owns the code, name the function in SIGNALBOX_DEPLOY_OWNED (stack)
    "#]];
}
