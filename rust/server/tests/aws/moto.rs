//! moto's server, which stands for KMS.
//!
//! `moto.py` mends what it does otherwise than KMS. It has no pages: those are tested with a KMS of ours.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Ends with the test, however that ends.
pub(crate) struct Moto {
    process: Child,
    port: u16,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Moto {
    pub(crate) fn start() -> Moto {
        let python = cache().join("emulators/moto/bin/python");
        let started = Command::new(&python)
            .args(["-c", include_str!("moto.py"), "--port", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = started.unwrap_or_else(|error| {
            panic!("{}: {error}; `./dev setup` fetches it", python.display())
        });
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let port = log.by_ref().find_map(|line| {
            line.split_once("http://127.0.0.1:").map(|(_, port)| port.trim().parse().unwrap())
        });
        // It would wait for someone to read on.
        std::thread::spawn(move || log.for_each(drop));
        Moto { process, port: port.expect("moto ended") }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

fn cache() -> PathBuf {
    std::env::var_os("SUPACRYPT_CACHE").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/supacrypt"),
        PathBuf::from,
    )
}
