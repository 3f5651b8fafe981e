//! The metrics page of a backend.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::Backend;

impl Backend {
    /// The text of `/metrics`.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn metrics(&self) -> String {
        let (status, body) = self.http("/metrics");
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Status and body of a path on the monitoring address.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn http(&self, path: &str) -> (u16, String) {
        let address = self.endpoints().metrics;
        let mut stream = TcpStream::connect(address).expect("the monitoring address listens");
        // HTTP/1.0, so that the answer is neither chunked nor kept alive.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer in text");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("an HTTP status"), body.to_owned())
    }
}
