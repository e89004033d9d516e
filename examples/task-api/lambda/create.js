'use strict';

const { randomUUID } = require('node:crypto');
const { PutCommand } = require('@aws-sdk/lib-dynamodb');
const { bodyOf, ownerOf, reply } = require('./http');
const { client, TableName } = require('./table');

exports.handler = async (event) => {
  const title = bodyOf(event)?.title;
  if (typeof title !== 'string' || title.trim() === '') {
    return reply(400, { message: 'title is required' });
  }
  const task = {
    owner: ownerOf(event),
    id: randomUUID(),
    title: title.trim(),
    status: 'open',
    createdAt: new Date().toISOString(),
  };
  await client.send(new PutCommand({ TableName, Item: task }));
  return reply(201, task);
};
