import type { InputReader } from '../../shared/inputs.js';

/** Which pause is answered, and how. */
export interface AnswerInputs {
  /** Absent: the one hook of the deployment that awaits an action. */
  readonly hookId: string | undefined;
  /** Absent: the service's running one. */
  readonly serviceDeploymentArn: string | undefined;
  readonly decision: 'continue' | 'rollback';
}

export function readAnswer(reader: InputReader): AnswerInputs {
  const arn = /^arn:[a-z-]+:ecs:[^:]+:[0-9]+:service-deployment\/[^/]+\/[^/]+\/[^/]+$/;
  return {
    hookId: reader.matching('hook-id', /^[A-Za-z0-9_-]{1,255}$/, 'letters, digits, "-" and "_"'),
    serviceDeploymentArn: reader.matching(
      'service-deployment-arn',
      arn,
      'arn:aws:ecs:<region>:<account>:service-deployment/<cluster>/<service>/<id>',
    ),
    decision: reader.oneOf('decision', ['continue', 'rollback'], 'continue'),
  };
}
