// Command registry is the distribution registry with only what a sandbox uses: storage in a folder.
//
// The complete program carries the clients of several clouds, which triple the time of its build.
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}
