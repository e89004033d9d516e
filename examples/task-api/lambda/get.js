'use strict';

const { GetCommand } = require('@aws-sdk/lib-dynamodb');
const { ownerOf, reply } = require('./http');
const { client, TableName } = require('./table');

exports.handler = async (event) => {
  const Key = { owner: ownerOf(event), id: event.pathParameters.id };
  const { Item } = await client.send(new GetCommand({ TableName, Key }));
  return Item === undefined ? reply(404, { message: 'no such task' }) : reply(200, Item);
};
