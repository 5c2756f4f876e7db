//go:build tools

// Package tools names what is built besides this module's own programs, so that go.mod and go.sum lock it.
package tools

import (
	_ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
	_ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
)
