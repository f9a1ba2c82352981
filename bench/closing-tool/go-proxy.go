// Go's own reverse proxy, as it comes: go-proxy PORT TARGET.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	target, err := url.Parse(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = log.New(os.Stderr, "", 0)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], proxy))
}
