import type {
  DriftedResource,
  DriftFindings,
} from '../../actions/terraform-layer/drift/findings.js';
import { locateDrift, type StackDrift } from '../../actions/terraform-layer/drift/stack-drift.js';
import type { Stack } from '../../actions/terraform-layer/stacks/workspace.js';

/** One attribute that was changed by hand from `state` to `world`. */
export function aDriftedResource(
  address: string,
  path: string,
  world: unknown,
  state: unknown = 'by code',
): DriftedResource {
  return {
    address,
    type: address.split('.').at(-2) ?? '',
    kind: 'changed',
    attributes: [
      {
        path,
        steps: path.split('.'),
        state: { kind: 'value', value: state },
        world: { kind: 'value', value: world },
        code: { kind: 'value', value: state },
      },
    ],
  };
}

export function findingsOf(...drifted: readonly DriftedResource[]): DriftFindings {
  return { drifted, pending: [], pendingOutputs: [] };
}

/** Drift of a stack whose code nobody has looked at. */
export function aStackDrift(stack: Stack, ...drifted: readonly DriftedResource[]): StackDrift {
  return locateDrift(stack, findingsOf(...drifted), () => undefined, [stack]);
}
