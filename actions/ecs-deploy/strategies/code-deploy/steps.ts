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
      /** Absent: the revision registered before, or the one that runs. */
      readonly taskDefinitionArn?: string;
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
      /** It goes back, and is not to be stopped, whatever its tasks do. */
      readonly goesBack?: boolean;
      readonly reason: string;
    }
  | {
      /** Stops it with a rollback, and waits until that is known: it is what is followed then. */
      readonly kind: 'stop-code-deploy';
      readonly deploymentId: string;
      /** What the stopped deployment brings, and what is gone back to. */
      readonly fromArn: string | undefined;
      readonly toArn: string;
      readonly reason: string;
    }
  | {
      /** Lets a deployment that waits for it reroute its traffic. */
      readonly kind: 'continue-code-deploy';
      readonly deploymentId: string;
      /** What it deploys. */
      readonly taskDefinitionArn: string;
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
