import {
  isBelowFloor,
  parseVersionConstraint,
} from '../../../actions/terraform-layer/terraform/version-constraint.js';

function allows(constraint: string, version: string): boolean | undefined {
  return parseVersionConstraint(constraint)?.allows(version);
}

describe('a Terraform version constraint', () => {
  it.each([
    ['~> 1.11', '1.99.0', true],
    ['~> 1.11', '2.0.0', false],
    ['~> 1.11.2', '1.11.9', true],
    ['~> 1.11.2', '1.12.0', false],
    ['~> 1.11.2', '1.11.1', false],
    ['~> 1', '7.0.0', true],
    ['>= 1.2, != 1.3.0', '1.3.0', false],
    ['>= 1.2, != 1.3.0', '1.3.1', true],
    ['>= 1.11, < 1.13', '1.13.0', false],
    ['> 1.11.0', '1.11.0', false],
    ['<= 1.11', '1.11.0', true],
    ['1.11', '1.11.0', true],
    ['1.11', '1.11.4', false],
    ['= 1.11.4', '1.11.4', true],
    ['v1.11.4', '1.11.4', true],
    ['1.11.x', '1.11.4', true],
    ['1.11.x', '1.12.0', false],
  ])('%s for %s is %s', (constraint, version, expected) => {
    expect(allows(constraint, version)).toBe(expected);
  });

  it('takes a pre-release only where it is asked for exactly', () => {
    expect(allows('>= 1.11', '1.13.0-beta1')).toBe(false);
    expect(allows('1.13.0-beta1', '1.13.0-beta1')).toBe(true);
  });

  it('may name the program', () => {
    expect(parseVersionConstraint('tofu >= 1.11')).toMatchObject({ program: 'tofu' });
    expect(parseVersionConstraint('>= 1.11')?.program).toBeUndefined();
  });

  it.each([
    ['1.10.9', false],
    ['1.11.0-rc1', false],
    ['1.11', true],
    ['~> 1.10.0', false],
    ['~> 1.10', true],
    ['~> 1', true],
    ['1.10.x', false],
    ['1.11.x', true],
    ['0.x', false],
    ['< 1.11', false],
    ['< 1.11.1', true],
    ['<= 1.10.9', false],
    ['<= 1.11', true],
    ['>= 1.5', true],
    ['>= 1.5, < 1.9', false],
    ['tofu ~> 1.10.0', false],
    ['!= 1.11.0', true],
  ])('%s leaves room above the floor: %s', (constraint, expected) => {
    expect(parseVersionConstraint(constraint)?.reachesFloor).toBe(expected);
  });

  it('takes a pre-release of the floor for older than the floor', () => {
    expect(['1.10.9', '1.11.0-rc1', '1.11.0', '1.12.0-beta1'].map(isBelowFloor)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it.each(['', 'latest', '>= 1.2 < 2', '>=', '~> 1.x', '1.2.3.4'])('%j is none', (text) => {
    expect(parseVersionConstraint(text)).toBeUndefined();
  });
});
