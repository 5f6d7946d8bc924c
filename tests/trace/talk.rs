// SPDX-License-Identifier: GPL-3.0-or-later

// Rust for sockkit trace to watch: a conversation between two threads.
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

fn main() {
    let l = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = l.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut c, _) = l.accept().unwrap();
        let mut b = Vec::new();
        c.read_to_end(&mut b).unwrap();
        c.write_all(&b).unwrap();
    });
    let mut c = TcpStream::connect(addr).unwrap();
    c.write_all(b"from rust").unwrap();
    c.shutdown(Shutdown::Write).unwrap();
    let mut b = String::new();
    c.read_to_string(&mut b).unwrap();
    assert_eq!(b, "from rust");
    server.join().unwrap();
    println!("done");
}
