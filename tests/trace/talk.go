// SPDX-License-Identifier: GPL-3.0-or-later

// Go for sockkit trace to watch: twenty conversations at once, goroutines on
// small stacks, and a runtime that polls, clones and signals by itself.
package main

import (
	"fmt"
	"io"
	"net"
)

var done = make(chan bool)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func serve(l net.Listener) {
	for i := 0; i < 20; i++ {
		c, err := l.Accept()
		must(err)
		go func() {
			io.Copy(c, c)
			c.Close()
			done <- true
		}()
	}
}

func talk(addr string) {
	c, err := net.Dial("tcp", addr)
	must(err)
	c.Write([]byte("from go"))
	c.(*net.TCPConn).CloseWrite()
	b, err := io.ReadAll(c)
	must(err)
	if string(b) != "from go" {
		panic(string(b))
	}
	c.Close()
	done <- true
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go serve(l)
	for i := 0; i < 20; i++ {
		go talk(l.Addr().String())
	}
	for i := 0; i < 40; i++ {
		<-done
	}
	l.Close()
	fmt.Println("done")
}
