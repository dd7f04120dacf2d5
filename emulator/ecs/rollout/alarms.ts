import type { Context } from '../context.js';
import { addEvent } from '../events.js';
import type { DeploymentRecord, ServiceRecord } from '../model.js';
import { failDeployment, rollBack } from './rollback.js';
import { finish, hasEnded } from './service-deployments.js';
import { cancelStage } from './shift-back.js';

// Ours: AWS documents the states, not these words.
const ALARM_ROLLBACK_REASON =
  'Service deployment rolled back because a CloudWatch alarm is in the ALARM state.';
const ALARM_FAILURE_REASON =
  'Service deployment failed because a CloudWatch alarm is in the ALARM state.';

/**
 * Sets the state of a CloudWatch alarm. A deployment that watches it fails when the alarm goes
 * into the state ALARM, and is rolled back where that is configured (Developer Guide, "How
 * CloudWatch alarms detect Amazon ECS deployment failures").
 */
export function setAlarm(
  context: Context,
  name: string,
  state: 'OK' | 'ALARM',
  wake: (service: ServiceRecord) => void,
): void {
  if (state === 'OK') {
    context.state.alarms.delete(name);
    return;
  }
  if (context.state.alarms.has(name)) return;
  context.state.alarms.add(name);
  for (const service of context.state.services.values()) {
    const [primary] = service.deployments;
    if (service.status !== 'ACTIVE' || !primary || !watches(primary, name)) continue;
    fail(context, primary, name);
    wake(service);
  }
}

function watches({ serviceDeployment }: DeploymentRecord, name: string): boolean {
  const { alarms } = serviceDeployment.configuration;
  return (
    alarms?.enable === true &&
    (alarms.alarmNames ?? []).includes(name) &&
    !hasEnded(serviceDeployment) &&
    !serviceDeployment.rollback &&
    serviceDeployment.status !== 'ROLLBACK_REQUESTED'
  );
}

function fail(context: Context, primary: DeploymentRecord, name: string): void {
  const { service, serviceDeployment } = primary;
  serviceDeployment.alarmStatus = 'TRIGGERED';
  serviceDeployment.triggeredAlarms.push(name);
  failDeployment(context, primary, 'ECS deployment failed: alarm detected.');
  addEvent(context, service, `(deployment ${primary.id}) deployment failed: alarm detected.`);
  if (serviceDeployment.configuration.alarms?.rollback) {
    rollBack(context, primary, ALARM_ROLLBACK_REASON);
    return;
  }
  if (serviceDeployment.shift) cancelStage(serviceDeployment.shift);
  finish(context, serviceDeployment, 'STOPPED', ALARM_FAILURE_REASON);
}
