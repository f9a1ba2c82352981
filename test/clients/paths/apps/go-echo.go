// Go's own router, which says which route it took and which path it saw. Spec: ../echo.ts.
package main

import (
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
)

func echo(route string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		views := []string{r.URL.Path, r.URL.EscapedPath()}
		if route == "*" {
			rest := strings.TrimPrefix(r.PathValue("rest"), "/")
			views = append(views, "/"+rest)
		}
		fmt.Fprintf(w, "echo %s", route)
		for _, view := range views {
			fmt.Fprintf(w, "\nb64 %s", base64.StdEncoding.EncodeToString([]byte(view)))
		}
	}
}

func main() {
	routes := []string{"/a/b", "/admin", "/r.git/info/refs", "/r.git/info/lfs/objects/batch", "/other/team"}
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.HandleFunc(route, echo(route))
		mux.HandleFunc("/p"+route, echo(route))
	}
	mux.HandleFunc("/{rest...}", echo("*"))
	log.Fatal(http.ListenAndServe(os.Args[1], mux))
}
