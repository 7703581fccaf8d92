//! Event in, zone after: the life of a cluster.

use expect_test::expect;

use super::{GIVEN, Given, Scene};
use crate::scene::chapter;

chapter! { Scene;
    a_cluster_is_running: GIVEN, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
    it_is_time_to_sweep: GIVEN, expect![[r#"
        emr-dns: applied
          - in Z1EXAMPLECOM: create etl.example.com -> ip-10-0-0-11.eu-west-1.compute.internal for j-1YONHTCP3YZKC
        before
        in Z1EXAMPLECOM:
          wiki.example.com A 300 10.0.9.9
        after
        in Z1EXAMPLECOM:
          etl.example.com CNAME 60 ip-10-0-0-11.eu-west-1.compute.internal
          _signalbox.etl.example.com TXT 60 "heritage=signalbox,owner=signalbox,cluster=j-1YONHTCP3YZKC,account=111122223333,region=eu-west-1"
          wiki.example.com A 300 10.0.9.9
    "#]];
}
