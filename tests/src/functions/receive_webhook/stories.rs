//! What becomes of each request.

use expect_test::expect;

use super::Scene;
use crate::world::scene::stories;

stories! { Scene;
    a_branch_was_deleted_at_gitea: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: feature/x, which was deleted
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/feature/x","commit":null,"delivery":"f6266f16-1bf3-46a5-9ea4-602e06ead475","forge":"gitea"}
    "#]];
    a_branch_was_deleted_at_github: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: feature/x, which was deleted
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/feature/x","commit":null,"delivery":"1c7f0a5e-cc79-11e3-9a57-5b0a1e2d3c4f","forge":"github"}
    "#]];
    a_branch_was_pushed_at_forgejo: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: main at 59b20b8d5c6f
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"f6266f16-1bf3-46a5-9ea4-602e06ead474","forge":"forgejo"}
    "#]];
    a_branch_was_pushed_at_gitea_as_a_form: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: main at 59b20b8d5c6f
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"f6266f16-1bf3-46a5-9ea4-602e06ead473","forge":"gitea"}
    "#]];
    a_branch_was_pushed_at_github: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: main at 59b20b8d5c6f
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"72d3162e-cc78-11e3-81ab-4c9367dc0958","forge":"github"}
    "#]];
    a_branch_was_pushed_at_gitlab: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/platform/templates: main at 59b20b8d5c6f
        before
        the queue is empty
        after
        acme/platform/templates: {"repository":"acme/platform/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"f5e5f430-f57b-4e6e-9fac-d9128cd7232f","forge":"gitlab"}
    "#]];
    a_branch_was_pushed_by_force_at_github: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: main at a10867b14bb7
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/main","commit":"a10867b14bb761a232cd80139fbd4c0d33264240","delivery":"0b3b1d2a-cc79-11e3-8e0a-7d3c2a1f0b11","forge":"github"}
    "#]];
    a_branch_was_pushed_that_the_hook_does_not_name: (), expect![[r#"
        receive-webhook: ignored (acme/templates: only branches beside those that the hook names were pushed, which are not mirrored)
        nothing changed
    "#]];
    a_path_is_of_no_hook: (), expect![[r#"
        receive-webhook: ignored (not admitted: no hook has its path (POST /gitbuh))
        nothing changed
    "#]];
    a_push_came_with_the_old_token_of_gitlab: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/platform/templates: main at 59b20b8d5c6f
        before
        the queue is empty
        after
        acme/platform/templates: {"repository":"acme/platform/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"7a0f1c4e-52d5-4f0f-8f0e-1e9d2c3b4a50","forge":"gitlab"}
    "#]];
    a_push_came_with_the_token_of_the_source: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: main at 59b20b8d5c6f
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"5c1c1c3e-1d39-44f0-9f3c-5d2f5a7e9a10","forge":"bitbucket"}
    "#]];
    a_push_is_of_a_repository_that_is_not_configured: (), expect![[r#"
        receive-webhook: ignored (the repository 1296270 (acme/another) is not among those of /github)
        nothing changed
    "#]];
    a_signature_is_of_another_secret: (), expect![[r#"
        receive-webhook: ignored (not admitted: /github: its signature is not by the secret, or what was signed was changed (POST /github))
        nothing changed
    "#]];
    a_signed_body_is_of_another_forge: (), expect![[r#"
        receive-webhook: refused (the body is not what the forge sends: a field is missing, of another type, or there twice, at line 1, column 117; see that the path is configured for the forge that sends to it)
        nothing changed
    "#]];
    a_tag_was_pushed_at_gitlab: (), expect![[r#"
        receive-webhook: ignored (acme/platform/templates: only tags were pushed, which are not mirrored)
        nothing changed
    "#]];
    branches_were_pushed_at_bitbucket_data_center: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: main at 59b20b8d5c6f, old, which was deleted
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"cb1a6a3e-3fb0-4e3f-8b3f-5d0e4b6f7a80","forge":"bitbucket-data-center"}
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/old","commit":null,"delivery":"cb1a6a3e-3fb0-4e3f-8b3f-5d0e4b6f7a80","forge":"bitbucket-data-center"}
    "#]];
    github_asks_whether_it_is_heard: (), expect![[r#"
        receive-webhook: ignored (an event `ping`, which is not a push: the forge tries whether it is heard)
        nothing changed
    "#]];
    several_branches_were_pushed_at_bitbucket: (), expect![[r#"
        receive-webhook: applied
          - tell of acme/templates: feature/x, which was deleted, main at 59b20b8d5c6f, release/1.0 at 1481a2de7b2a
          note: of the push, 1 not mirrored: tags, or branches that the hook does not name
        before
        the queue is empty
        after
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/feature/x","commit":null,"delivery":"5c1c1c3e-1d39-44f0-9f3c-5d2f5a7e9a11","forge":"bitbucket"}
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/main","commit":"59b20b8d5c6ff8d09518454d4dd8b7b30f095ab5","delivery":"5c1c1c3e-1d39-44f0-9f3c-5d2f5a7e9a11","forge":"bitbucket"}
        acme/templates: {"repository":"acme/templates","ref":"refs/heads/release/1.0","commit":"1481a2de7b2a7d02428ad93446ab166be7793fbb","delivery":"5c1c1c3e-1d39-44f0-9f3c-5d2f5a7e9a11","forge":"bitbucket"}
    "#]];
}
