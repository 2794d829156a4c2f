package main

import (
	linked "container/list"
	"net"
	"net/http"
	"sync"
)

// connections bounds how many a server has. When there are too many, the one that
// has been silent for the longest gives way; one whose request is being read or
// answered never does.
type connections struct {
	most int

	mu     sync.Mutex
	silent *linked.List                 // of net.Conn that wait for a request, the oldest first
	open   map[net.Conn]*linked.Element // nil: one that is busy
}

func newConnections(most int) *connections {
	return &connections{most: most, silent: linked.New(), open: map[net.Conn]*linked.Element{}}
}

// follow is a server's ConnState.
func (c *connections) follow(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.open[conn]; at != nil {
		c.silent.Remove(at)
		c.open[conn] = nil
	}
	switch state {
	case http.StateNew:
		if len(c.open) >= c.most && !c.giveWay() {
			_ = conn.Close() // all the others are busy; it is removed when the server sees that
		}
		c.open[conn] = c.silent.PushBack(conn)
	case http.StateIdle:
		c.open[conn] = c.silent.PushBack(conn)
	case http.StateActive:
		c.open[conn] = nil
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	}
}

// giveWay closes the connection that has been silent for the longest. It counts no
// more from now on.
func (c *connections) giveWay() bool {
	first := c.silent.Front()
	if first == nil {
		return false
	}
	conn, ok := c.silent.Remove(first).(net.Conn)
	if !ok {
		return false
	}
	delete(c.open, conn)
	_ = conn.Close()
	return true
}
