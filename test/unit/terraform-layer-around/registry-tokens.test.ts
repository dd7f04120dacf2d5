import { UserError } from '../../../actions/shared/errors.js';
import { InputReader } from '../../../actions/shared/inputs.js';
import {
  readRegistryTokens,
  tokenEnvironment,
  tokenVariable,
} from '../../../actions/terraform-layer/modules-access/registry-tokens.js';

describe('the variable of a host', () => {
  it.each([
    ['app.terraform.io', 'TF_TOKEN_app_terraform_io'],
    ['App.Terraform.io', 'TF_TOKEN_app_terraform_io'],
    ['my-registry.example.com', 'TF_TOKEN_my__registry_example_com'],
    ['café.fr', 'TF_TOKEN_xn____caf__dma_fr'],
    ['localhost', 'TF_TOKEN_localhost'],
  ])('of %s is %s', (host, variable) => {
    expect(tokenVariable(host)).toBe(variable);
  });

  it.each([
    '',
    'https://app.terraform.io',
    'app.terraform.io/path',
    'registry.example.com:8443',
    'a_b.example.com',
    '-a.example.com',
    'a..b',
    'a b',
  ])('there is none for %j', (host) => {
    expect(tokenVariable(host)).toBeUndefined();
  });
});

describe('registry-tokens', () => {
  function read(text: string): Readonly<Record<string, string>> {
    const reader = new InputReader(() => text);
    return reader.finish(readRegistryTokens(reader));
  }

  function problemsOf(text: string): UserError {
    try {
      read(text);
    } catch (error) {
      if (error instanceof UserError) return error;
      throw error;
    }
    throw new Error('the tokens were accepted');
  }

  it('are lines of host and token', () => {
    const tokens = read('app.terraform.io=abc.atlasv1.x=\n\n my-registry.example.com = t \n');
    expect(tokens).toEqual({
      'app.terraform.io': 'abc.atlasv1.x=',
      'my-registry.example.com': 't',
    });
    expect(tokenEnvironment(tokens)).toEqual({
      TF_TOKEN_app_terraform_io: 'abc.atlasv1.x=',
      TF_TOKEN_my__registry_example_com: 't',
    });
    expect(read('')).toEqual({});
  });

  it('are refused all at once, without quoting a token', () => {
    const error = problemsOf(
      'justAToken123\nhttps://x.io=token1\na.io=token2\nA.io=token3\nb.io=\nc.io=two words',
    );
    expect(error.problems.map(({ code }) => code)).toEqual([
      'input-not-key-value',
      'input-malformed',
      'input-duplicate-key',
      'input-malformed',
      'input-malformed',
    ]);
    expect(error.message).not.toMatch(/justAToken|token\d|two words/);
  });
});
