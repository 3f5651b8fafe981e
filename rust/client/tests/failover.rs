//! Several endpoints: whichever answers is used, the first before the others.

mod common;

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, OnceLock},
    thread,
};

use supacrypt_client::{Client, Config, KeyFilter};
use supacrypt_testkit::Backend;

use common::{p256, sign_and_verify};

/// A client whose configuration names `first` before the backend.
fn client(backend: &Backend, first: SocketAddr) -> Client {
    let mut config = Config::from_file(&backend.config_path()).expect("written by the backend");
    config.endpoints.insert(0, format!("https://{first}").parse().expect("a URL"));
    Client::new(config).expect("a sound configuration")
}

/// Takes one connection and passes it on.
struct Relay {
    address: SocketAddr,
    taken: Arc<OnceLock<TcpStream>>,
}

impl Relay {
    fn start(backend: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let taken = Arc::new(OnceLock::new());
        let connection = Arc::clone(&taken);
        thread::spawn(move || {
            let (near, _) = listener.accept()?;
            // From here on the port refuses.
            drop(listener);
            let far = TcpStream::connect(backend)?;
            connection.set(near.try_clone()?).expect("it is the only one");
            let (mut from_near, mut to_far) = (near.try_clone()?, far.try_clone()?);
            thread::spawn(move || io::copy(&mut from_near, &mut to_far));
            io::copy(&mut &far, &mut &near)
        });
        Ok(Relay { address, taken })
    }

    /// Breaks the connection.
    fn end(self) -> io::Result<()> {
        self.taken.get().expect("the first endpoint is preferred").shutdown(Shutdown::Both)
    }
}

#[test]
fn the_second_endpoint_answers_when_the_first_does_not() {
    let backend = Backend::start();
    // Nothing listens on the port that TCP reserves.
    let client = client(&backend, ([127, 0, 0, 1], 1).into());
    assert_eq!(client.keyrings().unwrap().len(), 1);
}

#[test]
fn calls_go_on_at_the_second_endpoint_when_the_first_goes_away() {
    let backend = Backend::start();
    let relay = Relay::start(backend.endpoints().grpc).unwrap();
    let client = client(&backend, relay.address);
    let key = client.create_key(&backend.keyring(), p256("tls")).unwrap();
    sign_and_verify(&client, &client.key(&key.name).unwrap(), 0);
    relay.end().unwrap();
    sign_and_verify(&client, &client.key(&key.name).unwrap(), 1);
    let found = client.find_keys(&backend.keyring(), &KeyFilter::default()).unwrap();
    assert_eq!(found.len(), 1);
}
