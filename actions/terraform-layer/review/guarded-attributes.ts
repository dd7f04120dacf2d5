/**
 * What decides who may do what, or who may reach what. Such a value counts as reviewed only where
 * it was known at review. `attributes` are names of top-level attributes; absent: all of them.
 */
interface Guarded {
  readonly types: RegExp;
  readonly attributes?: readonly string[];
}

/** Reviewed by hand; a type that is missing here is still guarded by the names below. */
const guardedTypes: readonly Guarded[] = [
  {
    types: /^aws_iam_(role|user|group)$/,
    attributes: [
      'assume_role_policy',
      'inline_policy',
      'managed_policy_arns',
      'permissions_boundary',
    ],
  },
  { types: /^aws_iam_\w*(policy|policies|attachment|attachments_exclusive)$/ },
  {
    types:
      /^aws_iam_(openid_connect_provider|saml_provider|user_group_membership|group_membership)$/,
  },
  { types: /^aws_ssoadmin_/ },
  { types: /^aws_(default_)?security_group$/, attributes: ['ingress', 'egress'] },
  { types: /^aws_security_group_rule$/ },
  { types: /^aws_vpc_security_group_(ingress|egress)_rule$/ },
  { types: /^aws_(default_)?network_acl$/, attributes: ['ingress', 'egress'] },
  { types: /^aws_network_acl_rule$/ },
  { types: /^aws_ec2_managed_prefix_list(_entry)?$/ },
  { types: /^aws_kms_grant$/ },
  { types: /^aws_lambda_permission$/ },
  { types: /^aws_s3_bucket_(acl|public_access_block|ownership_controls)$/ },
  { types: /^aws_s3_account_public_access_block$/ },
  { types: /^aws_ram_(principal|resource)_association$/ },
  { types: /^aws_lakeformation_permissions$/ },
  { types: /^aws_vpc_endpoint_service_allowed_principal$/ },
  { types: /^google_\w+_iam_(policy|binding|member)$/ },
  { types: /^google_compute_firewall$/ },
  { types: /^azurerm_(role_assignment|role_definition|network_security_rule)$/ },
  { types: /^azurerm_network_security_group$/, attributes: ['security_rule'] },
  { types: /^kubernetes_(cluster_)?role(_binding)?(_v1)?$/ },
];

/** Names of attributes that are guarded at any depth of any type: resource policies, CIDR blocks. */
const guardedNames = [
  /^(\w+_)?polic(y|ies)(_arns?|_document|_json)?$/,
  /^permissions_boundary$/,
  /(^|_)cidr(_|s?$)/,
];

/** Whether a value at this path (as in a record) is one that a review must have seen. */
export function isGuarded(type: string, path: string): boolean {
  const names = path.split(/[.[\]"]+/).filter((name) => name !== '');
  if (names.some((name) => guardedNames.some((guarded) => guarded.test(name)))) return true;
  return guardedTypes.some(
    ({ types, attributes }) =>
      types.test(type) && (attributes === undefined || attributes.includes(names[0] ?? '')),
  );
}
