import { withImportIds } from '../../../actions/terraform-layer/sidecar/import-id.js';

const orphan = (address: string, id?: string) => ({
  ...{ address, type: address.split('.')[0] ?? '', id, runUrl: undefined },
});
const planned = (address: string, after: object) => ({
  ...{ address, type: address.split('.')[0] ?? '' },
  change: { actions: ['create'], after },
});

it('takes the id from the plan where the provider had not told it', () => {
  const plan = {
    resource_changes: [
      planned('aws_ssm_parameter.this[0]', { name: '/c/0' }),
      planned('aws_iam_role_policy.task', { role: 'task', name: 'read' }),
    ],
  };
  expect(
    withImportIds(
      [orphan('aws_ssm_parameter.this[0]'), orphan('aws_iam_role_policy.task')],
      plan,
    ).map(({ id }) => id),
  ).toEqual(['/c/0', 'task:read']);
});

it('keeps the id that the provider told', () => {
  const plan = { resource_changes: [planned('aws_s3_bucket.logs', { bucket: 'other' })] };
  expect(withImportIds([orphan('aws_s3_bucket.logs', 'logs')], plan)).toEqual([
    orphan('aws_s3_bucket.logs', 'logs'),
  ]);
});

it('leaves open what no plan or configuration tells', () => {
  const orphans = [orphan('aws_vpc.main'), orphan('aws_s3_bucket.logs'), orphan('aws_iam_role.x')];
  const plan = {
    resource_changes: [planned('aws_vpc.main', { cidr_block: 'x' }), planned('aws_iam_role.x', {})],
  };
  expect(withImportIds(orphans, plan)).toEqual(orphans);
  expect(withImportIds(orphans, 'no plan')).toEqual(orphans);
});
