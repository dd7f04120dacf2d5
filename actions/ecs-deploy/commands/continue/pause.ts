import { code, codeBlock, paragraph, strong, text, type Block } from '../../../shared/markdown.js';
import type { Target } from '../../target.js';

/** How a job goes on with a rollout that is paused. */
export function pauseBlocks({ contract, cluster, serviceName }: Target): readonly Block[] {
  const names =
    contract === undefined
      ? { cluster, 'service-name': serviceName }
      : {
          project: contract.project,
          environment: contract.environment,
          service: contract.service,
        };
  const lines = [
    '- uses: org/infra-actions/ecs-deploy@v1',
    '  with:',
    '    command: continue # or with "decision: rollback"',
    ...Object.entries(names).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}`),
  ];
  return [
    paragraph(
      strong(text('To go on,')),
      ' run this step in a job whose GitHub environment asks for approval:',
    ),
    codeBlock('yaml', lines.join('\n')),
    paragraph(
      'The tasks of the contract follow there. ',
      'Give that step the same ',
      code('post-deploy'),
      ', ',
      code('smoke-url'),
      ' and ',
      code('keep-revisions'),
      ' as this one: they are its work as well.',
    ),
  ];
}
