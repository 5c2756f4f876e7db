//go:build tools

// Package tools names Pulumi's YAML language host as a dependency, so that go.mod and go.sum lock what it is built from.
package tools

import _ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
