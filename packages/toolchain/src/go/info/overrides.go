package info

import (
	"context"
	"fmt"
	"strings"

	bridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/walk"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// resources holds what the npm SDK names or types otherwise than the bridge would.
func resources() map[string]*bridge.ResourceInfo {
	return map[string]*bridge.ResourceInfo{
		// `databricks:index:Provider` is the token of the provider itself.
		"databricks_provider": {Tok: bridge.MakeResource("databricks", "index", "MetastoreProvider")},
		"databricks_group": {Fields: map[string]*bridge.SchemaInfo{
			"display_name": bridge.AutoName("displayName", 255, "-"),
		}},
		"databricks_sql_endpoint": {Fields: map[string]*bridge.SchemaInfo{
			"odbc_params": {Name: "odbcParams", MaxItemsOne: bridge.True()},
		}},
	}
}

// idsAreStrings types ids that fill the whole of int64 as strings: a Pulumi number is a float64 and would round them.
// Only attributes of a resource or data source itself: the bridge cannot retype some of the account-level ones nested deeper.
func idsAreStrings(visit bridge.PropertyVisitInfo) (bridge.PropertyVisitResult, error) {
	path := visit.SchemaPath()
	if len(path) != 1 {
		return bridge.PropertyVisitResult{}, nil
	}
	attribute, ok := path[0].(walk.GetAttrStep)
	if !ok || (attribute.Name != "workspace_id" && attribute.Name != "principal_id") {
		return bridge.PropertyVisitResult{}, nil
	}
	if visit.ShimSchema().Type() != shim.TypeInt {
		return bridge.PropertyVisitResult{}, nil
	}
	visit.SchemaInfo().Type = "string"
	return bridge.PropertyVisitResult{HasEffect: true}, nil
}

// idFields lists resources that have no attribute `id` and the attributes that make theirs, where that is not `name`.
var idFields = map[string][]string{
	"account_federation_policy":                {"policy_id"},
	"account_network_policy":                   {"network_policy_id"},
	"account_setting_user_preference_v2":       {"name", "user_id"},
	"budget_policy":                            {"policy_id"},
	"data_quality_monitor":                     {"object_type", "object_id"},
	"data_quality_refresh":                     {"object_type", "object_id", "refresh_id"},
	"entity_tag_assignment":                    {"entity_type", "entity_name", "tag_key"},
	"feature_engineering_feature":              {"full_name"},
	"feature_engineering_materialized_feature": {"materialized_feature_id"},
	"materialized_features_feature_tag":        {"key"},
	"policy_info":                              {"on_securable_type", "on_securable_fullname", "name"},
	"quality_monitor_v2":                       {"object_id", "object_type"},
	"quality_monitor":                          {"table_name"},
	"rfa_access_request_destinations":          {"securable_type", "full_name"},
	"secret_uc":                                {"full_name"},
	"service_principal_federation_policy":      {"service_principal_id", "policy_id"},
	"tag_policy":                               {"tag_key"},
	"workspace_entity_tag_assignment":          {"entity_type", "entity_id", "tag_key"},
	"workspace_network_option":                 {"workspace_id"},
}

// computeIDs gives every such resource an id that `pulumi import` takes too: the provider's import id. Resources of the older
// Terraform SDK have an id of their own that is not in their schema.
func computeIDs(info *bridge.ProviderInfo, older shim.ResourceMap) {
	info.P.ResourcesMap().Range(func(name string, res shim.Resource) bool {
		if _, is := older.GetOk(name); is {
			return true
		}
		mapping := info.Resources[name]
		if mapping == nil || mapping.ComputeID != nil {
			return true
		}
		if _, has := res.Schema().GetOk("id"); has {
			return true
		}
		fields := idFields[strings.TrimPrefix(name, "databricks_")]
		if fields == nil {
			if _, named := res.Schema().GetOk("name"); !named {
				return true
			}
			fields = []string{"name"}
		}
		keys := make([]resource.PropertyKey, len(fields))
		for i, field := range fields {
			keys[i] = resource.PropertyKey(bridge.TerraformToPulumiNameV2(field, res.Schema(), mapping.Fields))
		}
		mapping.ComputeID = joined(name, keys)
		return true
	})
}

func joined(name string, keys []resource.PropertyKey) bridge.ComputeID {
	return func(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
		parts := make([]string, len(keys))
		for i, key := range keys {
			value := state[key]
			for value.IsSecret() || value.IsOutput() {
				if value.IsSecret() {
					value = value.SecretValue().Element
				} else {
					value = value.OutputValue().Element
				}
			}
			switch {
			case value.IsString() && value.StringValue() != "":
				parts[i] = value.StringValue()
			case value.IsNumber():
				parts[i] = fmt.Sprintf("%.0f", value.NumberValue())
			default:
				return "", fmt.Errorf("%s has no %s to make its id of", name, key)
			}
		}
		return resource.ID(strings.Join(parts, ",")), nil
	}
}
