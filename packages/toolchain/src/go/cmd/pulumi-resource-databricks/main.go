// The Databricks plugin: Databricks' Terraform provider behind Pulumi's bridge.
//
// The path of this module lies under the upstream module's, so that Go lets it import that module's internal packages.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/databricks/terraform-provider-databricks/pulumi/info"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
)

func main() {
	schema := read("schema.json")
	tfbridge.MainWithMuxer(context.Background(), "databricks", info.Provider(read("bridge-metadata.json")), schema)
}

// The files that cmd/tfgen wrote lie beside the plugin. They are not embedded, so that all programs are built at once.
func read(name string) []byte {
	program, err := os.Executable()
	if err == nil {
		var content []byte
		if content, err = os.ReadFile(filepath.Join(filepath.Dir(program), name)); err == nil {
			return content
		}
	}
	fmt.Fprintf(os.Stderr, "The Databricks plugin is not whole: %v. Remove its folder, and the next start makes it again.\n", err)
	os.Exit(1)
	return nil
}
