'use strict';

const { QueryCommand } = require('@aws-sdk/lib-dynamodb');
const { ownerOf, reply, STATUSES } = require('./http');
const { client, TableName } = require('./table');

const byOwner = (owner) => ({
  KeyConditionExpression: '#owner = :owner',
  ExpressionAttributeNames: { '#owner': 'owner' },
  ExpressionAttributeValues: { ':owner': owner },
});

const byStatus = (owner, status) => ({
  IndexName: 'by-status',
  KeyConditionExpression: '#owner = :owner AND #status = :status',
  ExpressionAttributeNames: { '#owner': 'owner', '#status': 'status' },
  ExpressionAttributeValues: { ':owner': owner, ':status': status },
});

exports.handler = async (event) => {
  const status = event.queryStringParameters?.status;
  if (status !== undefined && !STATUSES.includes(status)) {
    return reply(400, { message: `status is one of ${STATUSES.join(', ')}` });
  }
  const owner = ownerOf(event);
  const query = status === undefined ? byOwner(owner) : byStatus(owner, status);
  const { Items } = await client.send(new QueryCommand({ TableName, Limit: 100, ...query }));
  return reply(200, Items);
};
