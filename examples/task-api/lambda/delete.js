'use strict';

const { DeleteCommand } = require('@aws-sdk/lib-dynamodb');
const { ownerOf, reply } = require('./http');
const { client, TableName } = require('./table');

exports.handler = async (event) => {
  const Key = { owner: ownerOf(event), id: event.pathParameters.id };
  await client.send(new DeleteCommand({ TableName, Key }));
  return reply(204);
};
