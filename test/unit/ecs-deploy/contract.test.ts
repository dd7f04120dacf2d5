import { contractPath, parseContract, releasePath } from '../../../actions/ecs-deploy/contract.js';
import { UserError } from '../../../actions/shared/errors.js';
import { contract, contractKey, contractParameter, releaseParameter } from '../../support/ecs.js';

function codes(text: string): readonly string[] {
  try {
    parseContract(text, contractKey);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    return thrown.problems.map(
      ({ code, message }) => `${code} ${/: (\w+): /.exec(message)?.[1] ?? ''}`,
    );
  }
}

it('stands at the path that Terraform writes, beside the release', () => {
  expect(contractPath(contractKey)).toBe(contractParameter);
  expect(releasePath(contractKey)).toBe(releaseParameter);
});

it('is read, with what a later version adds', () => {
  const text = JSON.stringify({ ...contract(), scheduledTasks: ['nightly'] });
  expect(parseContract(text, contractKey)).toEqual(contract());
});

it('is refused with every problem at once', () => {
  const text = JSON.stringify({ ...contract(), version: 2, cluster: '', desiredCount: 1.5 });
  expect(codes(text)).toEqual([
    'contract-malformed version',
    'contract-malformed cluster',
    'contract-malformed desiredCount',
  ]);
});

it('is refused where it is no JSON', () => {
  expect(codes('{')).toEqual(['contract-malformed ']);
});

it('is refused where it speaks of another service than its path', () => {
  expect(codes(JSON.stringify(contract({ environment: 'production' })))).toEqual([
    'contract-mismatch ',
  ]);
});
