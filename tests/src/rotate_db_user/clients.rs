//! A client that logs in all the time with what AWSCURRENT says.

use std::cell::Cell;
use std::time::Duration;

use futures_util::join;

use super::{Scene, in_both};
use crate::databases::Server;
use crate::world::now;

in_both! { no_login_is_refused_while_users_take_turns }

/// As many rotations as there are to be.
const ROTATIONS: usize = 100;

/// Where the machine is slow: for so long, but for so many at least.
const PATIENCE: (Duration, usize) = (Duration::from_secs(20), 20);

async fn no_login_is_refused_while_users_take_turns(server: &'static Server) {
    let scene = Scene::alternating(server).await;
    let is_over = Cell::new(false);
    let client = async {
        let mut logins = 0;
        while !is_over.get() {
            let (user, password) = scene.login("AWSCURRENT").await;
            let connected = scene.server.connect(&user, &password).await;
            connected.unwrap_or_else(|error| panic!("after {logins} logins: {error}"));
            logins += 1;
        }
        logins
    };
    let rotating = async {
        let (start, mut done) = (now(), 0);
        while done < ROTATIONS && (done < PATIENCE.1 || now().duration_since(start).unwrap() < PATIENCE.0) {
            scene.rotate().await;
            done += 1;
        }
        is_over.set(true);
        done
    };
    let (logins, rotations) = join!(client, rotating);
    println!("{rotations} rotations, {logins} logins");
    assert!(logins >= rotations, "{logins} logins in {rotations} rotations");
}
