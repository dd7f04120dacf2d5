import type { JsonObject } from '../../../actions/ecs-deploy/model.js';

/** A container `app` of an EC2 task, with these further fields. */
export function app(fields: JsonObject = {}): JsonObject {
  return { name: 'app', image: 'shop/web:v1', memory: 128, ...fields };
}

/** A definition for EC2 whose container `app` has these further fields. */
export function onEc2(fields: JsonObject, task: JsonObject = {}): JsonObject {
  return { containerDefinitions: [app(fields)], ...task };
}

/** A definition for Fargate whose container `app` has these further fields. */
export function onFargate(fields: JsonObject = {}, task: JsonObject = {}): JsonObject {
  return {
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::123456789012:role/web-execution',
    containerDefinitions: [{ name: 'app', image: 'shop/web:v1', ...fields }],
    ...task,
  };
}
