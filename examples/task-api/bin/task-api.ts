#!/usr/bin/env node
import { App } from 'aws-cdk-lib';
import { TaskApiStack, settingsFor } from '../lib/task-api-stack';

const app = new App();
const settings = settingsFor(app.node.tryGetContext('env') ?? 'dev', app.node.tryGetContext('variant') ?? 'careless');

new TaskApiStack(app, `TaskApi-${settings.env}`, {
  settings,
  description: 'To-do REST API',
  tags: { env: settings.env },
  terminationProtection: settings.protect,
});
