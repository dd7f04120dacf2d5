import type { IfBusy } from '../../inputs/code-deploy.js';
import type { AppSpecDraft } from './app-spec.js';

/** What becomes of the wait for the old tasks' end, which a deployment has after its traffic is shifted. */
export type Termination = 'leave' | 'wait' | 'end';

/** What a deploy through CodeDeploy does. */
export type CodeDeployStep =
  | {
      readonly kind: 'create-deployment';
      readonly application: string;
      readonly group: string;
      /** Absent: the group's. */
      readonly config: string | undefined;
      readonly appSpec: AppSpecDraft;
      readonly description: string;
      readonly ifBusy: IfBusy;
      readonly reason: string;
    }
  | {
      readonly kind: 'follow-code-deploy';
      readonly application: string;
      readonly group: string;
      /** Absent: the deployment created before. */
      readonly deploymentId: string | undefined;
      /** `end`: the old tasks' end is not only waited for, but brought about. */
      readonly termination: Termination;
      readonly reason: string;
    }
  | {
      readonly kind: 'set-desired-count';
      readonly desiredCount: number;
      readonly reason: string;
    }
  | {
      /** The tasks of the first count are judged by themselves: CodeDeploy has ended. */
      readonly kind: 'follow-tasks';
      readonly desiredCount: number;
      readonly reason: string;
    };
