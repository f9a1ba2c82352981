// Sends one request with net/http: `go-get URL [TOKEN]`. Proxies come from the environment.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	request, err := http.NewRequest("GET", os.Args[1], nil)
	if err != nil {
		fail(err)
	}
	if len(os.Args) > 2 {
		request.Header.Set("Authorization", "Bearer "+os.Args[2])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fail(err)
	}
	response.Body.Close()
	if response.StatusCode != 200 {
		fail(fmt.Errorf("%s", response.Status))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
