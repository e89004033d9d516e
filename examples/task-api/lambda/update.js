'use strict';

const { UpdateCommand } = require('@aws-sdk/lib-dynamodb');
const { bodyOf, ownerOf, reply, STATUSES } = require('./http');
const { client, TableName } = require('./table');

exports.handler = async (event) => {
  const { title, status } = bodyOf(event) ?? {};
  if (typeof title !== 'string' || title.trim() === '' || !STATUSES.includes(status)) {
    return reply(400, { message: `title, and status (one of ${STATUSES.join(', ')}) are required` });
  }
  try {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName,
        Key: { owner: ownerOf(event), id: event.pathParameters.id },
        ConditionExpression: 'attribute_exists(id)',
        UpdateExpression: 'SET #title = :title, #status = :status',
        ExpressionAttributeNames: { '#title': 'title', '#status': 'status' },
        ExpressionAttributeValues: { ':title': title.trim(), ':status': status },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return reply(200, Attributes);
  } catch (error) {
    if (error.name === 'ConditionalCheckFailedException') {
      return reply(404, { message: 'no such task' });
    }
    throw error;
  }
};
