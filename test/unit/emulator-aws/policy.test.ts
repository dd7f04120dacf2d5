import type { Statement } from '../../../emulator/aws/policy.js';
import { evaluate, statementsOf } from '../../../emulator/aws/policy.js';

const PROVIDER = 'arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com';
const SUB = 'token.actions.githubusercontent.com:sub';

function trust(condition: Statement['Condition'], effect = 'Allow'): Statement {
  return {
    Effect: effect,
    Action: 'sts:AssumeRoleWithWebIdentity',
    Principal: { Federated: PROVIDER },
    ...(condition ? { Condition: condition } : {}),
  };
}

function verdict(statements: Statement[], context: Record<string, string[]> = {}) {
  return evaluate(statements, {
    action: 'sts:AssumeRoleWithWebIdentity',
    principal: { kind: 'Federated', names: [PROVIDER] },
    context: new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value])),
  });
}

const dev = { [SUB]: ['repo:acme/infra:environment:dev'] };

describe('conditions', () => {
  it.each([
    ['StringEquals', 'repo:acme/infra:environment:dev', 'Allow'],
    ['StringEquals', 'repo:acme/infra:*', 'none'],
    ['StringEquals', 'repo:ACME/infra:environment:dev', 'none'],
    ['StringEqualsIgnoreCase', 'repo:ACME/infra:environment:dev', 'Allow'],
    ['StringNotEquals', 'repo:acme/infra:environment:dev', 'none'],
    ['StringNotEquals', 'repo:acme/infra:environment:production', 'Allow'],
    ['StringLike', 'repo:acme/infra:*', 'Allow'],
    ['StringLike', 'repo:acme/infra:environment:de?', 'Allow'],
    ['StringLike', 'repo:acme/inf', 'none'],
    ['StringNotLike', 'repo:acme/*', 'none'],
    ['ForAnyValue:StringLike', 'repo:acme/*', 'Allow'],
    ['ForAllValues:StringLike', 'repo:acme/*', 'Allow'],
    ['stringlike', 'repo:acme/*', 'Allow'],
    ['Unheard', 'repo:acme/*', 'none'],
  ])('%s %s: %s', (operator, pattern, expected) => {
    expect(verdict([trust({ [operator]: { [SUB]: pattern } })], dev)).toBe(expected);
  });

  it('hold when one of several values matches, and only when all keys and operators do', () => {
    const both = [trust({ StringEquals: { [SUB]: ['x', 'repo:acme/infra:environment:dev'] } })];
    expect(verdict(both, dev)).toBe('Allow');
    const two = [trust({ StringLike: { [SUB]: 'repo:acme/*', 'a:ref': 'refs/heads/main' } })];
    expect(verdict(two, dev)).toBe('none');
    expect(verdict(two, { ...dev, 'a:ref': ['refs/heads/main'] })).toBe('Allow');
  });

  it('on a missing key hold only when negated, with IfExists, ForAllValues or Null', () => {
    const on = (operator: string, value = 'x') =>
      verdict([trust({ [operator]: { 'a:missing': value } })], dev);
    expect(on('StringEquals')).toBe('none');
    expect(on('ForAnyValue:StringEquals')).toBe('none');
    expect(on('StringNotEquals')).toBe('Allow');
    expect(on('StringEqualsIfExists')).toBe('Allow');
    expect(on('ForAllValues:StringEquals')).toBe('Allow');
    expect(on('Null', 'true')).toBe('Allow');
    expect(on('Null', 'false')).toBe('none');
  });

  it('compare keys without case', () => {
    const spelled = trust({ StringLike: { [SUB.toUpperCase()]: 'repo:acme/*' } });
    expect(verdict([spelled], dev)).toBe('Allow');
  });

  it('with an unknown operator always deny in a Deny', () => {
    const deny = trust({ Unheard: { a: 'b' } }, 'Deny');
    expect(verdict([trust(undefined), deny], dev)).toBe('Deny');
  });

  it('compare numbers', () => {
    const old = trust({ NumericLessThan: { 's3:TlsVersion': '1.2' } });
    expect(verdict([old], { 's3:TlsVersion': ['1.1'] })).toBe('Allow');
    expect(verdict([old], { 's3:TlsVersion': ['1.3'] })).toBe('none');
  });
});

describe('statements', () => {
  it('deny over any that allows', () => {
    const deny = trust({ StringLike: { [SUB]: '*:environment:dev' } }, 'Deny');
    expect(verdict([trust(undefined), deny], dev)).toBe('Deny');
  });

  it('apply to their action and principal alone', () => {
    expect(verdict([{ ...trust(undefined), Action: ['sts:TagSession', 'sts:AssumeRole*'] }])).toBe(
      'Allow',
    );
    expect(verdict([{ ...trust(undefined), Action: 'sts:AssumeRole' }])).toBe('none');
    expect(verdict([{ ...trust(undefined), Principal: { Federated: 'other' } }])).toBe('none');
    expect(verdict([{ ...trust(undefined), Principal: { AWS: '*' } }])).toBe('none');
    expect(verdict([{ ...trust(undefined), Principal: '*' }])).toBe('none');
  });

  it('apply to their resource, where there is one', () => {
    const statement = (more: Statement): Statement => ({
      ...{ Effect: 'Deny', Principal: '*', Action: 's3:*' },
      ...more,
    });
    const judge = (given: Statement) =>
      evaluate([given], {
        action: 's3:GetObject',
        resource: 'arn:aws:s3:::state/dev/a',
        principal: { kind: 'AWS', names: ['arn:aws:iam::1:root'] },
        context: new Map(),
      });
    expect(judge(statement({ Resource: 'arn:aws:s3:::state/*' }))).toBe('Deny');
    expect(judge(statement({ Resource: ['arn:aws:s3:::other/*'] }))).toBe('none');
    expect(judge(statement({ NotResource: 'arn:aws:s3:::state/dev/*' }))).toBe('none');
  });

  it('may be a single one in its document', () => {
    expect(statementsOf('{"Statement":{"Effect":"Allow"}}')).toEqual([{ Effect: 'Allow' }]);
    expect(() => statementsOf('nonsense')).toThrow(SyntaxError);
  });
});
