/** Groups of a workspace or account. On most accounts an identity provider makes them; this is for where none does. */
import type * as databricks from "@pulumi/databricks";
import type * as pulumi from "@pulumi/pulumi";
import { Component, make, type Transform } from "./component.ts";
import { sdk } from "./databricks.ts";

export interface GroupsArgs {
  /** Members (ids of users, service principals or groups) by the group's name. */
  groups: Readonly<Record<string, readonly pulumi.Input<string>[]>>;
  transform?: { group?: Transform<databricks.GroupArgs>; member?: Transform<databricks.GroupMemberArgs> };
}

export class Groups extends Component {
  /** By name. */
  readonly groups: Readonly<Record<string, databricks.Group>>;

  constructor(name: string, args: GroupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Groups", name, opts);
    const { transform = {} } = args;
    this.groups = Object.fromEntries(
      Object.entries(args.groups).map(([displayName, members]) => {
        const child = `${name}-${displayName}`;
        const group = make(sdk.Group, child, { displayName }, { parent: this }, transform.group);
        members.forEach((memberId, at) => {
          const member = { groupId: group.id, memberId };
          make(sdk.GroupMember, `${child}-${at}`, member, { parent: this }, transform.member);
        });
        return [displayName, group];
      }),
    );
    this.registerOutputs({});
  }
}
