import type { Deployment, Service, TaskSet } from './model.js';

/** The deployment that a service is being brought to; one that CodeDeploy deploys has none. */
export function primaryOf(service: Service): Deployment | undefined {
  return service.deployments.find(isPrimary);
}

/** The task set that serves the traffic; only a service that CodeDeploy deploys has one. */
export function primaryTaskSet({ taskSets }: Pick<Service, 'taskSets'>): TaskSet | undefined {
  return taskSets.find(isPrimary);
}

/** ARN of the task definition that a service runs, or is being brought to. */
export function primaryDefinitionArn(service: Service): string | undefined {
  return (primaryOf(service) ?? primaryTaskSet(service))?.taskDefinitionArn;
}

function isPrimary({ status }: { readonly status: string }): boolean {
  return status === 'PRIMARY';
}
