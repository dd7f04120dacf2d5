import fc from 'fast-check';
import type { ChangeKind } from '../../../actions/terraform-layer/review/changes.js';
import { allowedByLabels, guardFindings } from '../../../actions/terraform-layer/review/guards.js';
import { isGuarded } from '../../../actions/terraform-layer/review/guarded-attributes.js';
import { aResource, changesOf } from '../../support/terraform.js';

const guards = { preventDestroy: ['aws_db_*', 'aws_s3_bucket', 'module.core.*'], maxDestroys: 2 };

function findings(
  resources: readonly (readonly [ChangeKind, string])[],
  allowed: readonly string[] = [],
): readonly (readonly [string, readonly string[]])[] {
  const changes = changesOf(...resources.map(([kind, address]) => aResource(kind, address)));
  return guardFindings(changes, guards, allowed).map(({ guard, addresses }) => [guard, addresses]);
}

describe('prevent-destroy', () => {
  it.each<readonly [ChangeKind, boolean]>([
    ['destroy', true],
    ['replace', true],
    ['forget', false],
    ['update', false],
    ['create', false],
    ['import', false],
    ['move', false],
  ])('%s: %s', (kind, stops) => {
    expect(findings([[kind, 'aws_db_instance.main']])).toEqual(
      stops ? [['prevent-destroy', ['aws_db_instance.main']]] : [],
    );
  });

  it('is about types and addresses', () => {
    const going = (address: string) => findings([['destroy', address]]).length > 0;
    expect(going('aws_s3_bucket.logs')).toBe(true);
    expect(going('aws_s3_bucket_policy.logs')).toBe(false);
    expect(going('module.core.terraform_data.x["a/b"]')).toBe(true);
    expect(going('module.other.terraform_data.x')).toBe(false);
  });

  it('covers deposed objects, and names them', () => {
    const deposed = { ...aResource('destroy', 'aws_db_instance.main'), deposed: 'ab12cd34' };
    expect(guardFindings(changesOf(deposed), guards, [])).toMatchObject([
      { guard: 'prevent-destroy', addresses: ['aws_db_instance.main (deposed ab12cd34)'] },
    ]);
  });

  it('gives way to what names the type or the address', () => {
    const two = [
      ['destroy', 'aws_db_instance.one'],
      ['destroy', 'aws_db_instance.two'],
    ] as const;
    expect(findings(two, ['aws_db_instance.one'])).toEqual([
      ['prevent-destroy', ['aws_db_instance.two']],
    ]);
    expect(findings(two, ['aws_db_instance'])).toEqual([]);
    expect(findings(two, ['aws_db_instance.*'])).toEqual([]);
    expect(findings(two, ['aws_db'])).toHaveLength(1);
  });

  it('does not give way to stars alone', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[*. ?]{0,6}$/), (pattern) => {
        expect(findings([['destroy', 'aws_db_instance.main']], [pattern])).toHaveLength(1);
      }),
    );
  });
});

describe('max-destroys', () => {
  const going = ['a', 'b', 'c'].map((name) => ['replace', `x_type.${name}`] as const);

  it('counts what is destroyed or replaced', () => {
    expect(findings(going.slice(1))).toEqual([]);
    expect(findings(going)).toEqual([['max-destroys', ['x_type.a', 'x_type.b', 'x_type.c']]]);
    expect(findings([...going.slice(1), ['forget', 'x_type.f']])).toEqual([]);
  });

  it('does not count what is allowed by name', () => {
    expect(findings(going, ['x_type.a'])).toEqual([]);
  });
});

describe('the hint of a guard', () => {
  const hintFor = (...addresses: readonly string[]): string => {
    const changes = changesOf(...addresses.map((address) => aResource('destroy', address)));
    return guardFindings(changes, { ...guards, maxDestroys: 99 }, [])[0]?.hint ?? '';
  };

  it('names a label that allows exactly this', () => {
    const address = 'aws_db_instance.main';
    const label = /"(allow-destroy: [^"]+)"/.exec(hintFor(address))?.[1] ?? '';
    expect(findings([['destroy', address]], allowedByLabels([label]))).toEqual([]);
  });

  it('names the input alone where a label would be longer than GitHub takes', () => {
    const hint = hintFor(`aws_db_instance.${'long'.repeat(12)}`);
    expect(hint).not.toContain('label');
    expect(hint).toContain('allow-destroy: aws_db_instance.long');
  });

  it('stays short', () => {
    const many = Array.from({ length: 400 }, (_, index) => `aws_db_instance.d${index}`);
    expect(hintFor(...many).length).toBeLessThan(700);
  });
});

describe('labels', () => {
  it('allow what they name', () => {
    expect(
      allowedByLabels([
        'allow-destroy: aws_s3_bucket.logs',
        'Allow-Destroy:aws_db_*',
        'allow-destroy:',
        'allow-destroy: *',
        'please allow-destroy: x_type.a',
        'bug',
      ]),
    ).toEqual(['aws_s3_bucket.logs', 'aws_db_*']);
  });
});

describe('what a review must have seen', () => {
  it.each([
    ['aws_iam_role', 'assume_role_policy', true],
    ['aws_iam_role', 'tags.Name', false],
    ['aws_iam_role_policy_attachment', 'policy_arn', true],
    ['aws_iam_policy', 'policy', true],
    ['aws_security_group', 'ingress[0].from_port', true],
    ['aws_security_group', 'description', false],
    ['aws_vpc_security_group_ingress_rule', 'from_port', true],
    ['aws_kms_key', 'policy', true],
    ['aws_s3_bucket_policy', 'policy', true],
    ['aws_sqs_queue', 'policy', true],
    ['aws_sns_topic_policy', 'policy', true],
    ['aws_ecr_repository_policy', 'policy', true],
    ['aws_lambda_permission', 'principal', true],
    ['aws_vpc', 'cidr_block', true],
    ['aws_route', 'destination_cidr_block', true],
    ['some_other_thing', 'settings["access_policies"]', true],
    ['terraform_data', 'input.policy', true],
    ['aws_instance', 'user_data', false],
    ['aws_appautoscaling_policy', 'policy_type', false],
  ])('%s %s: %s', (type, path, guarded) => {
    expect(isGuarded(type, path)).toBe(guarded);
  });
});
