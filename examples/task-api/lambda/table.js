'use strict';

const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient } = require('@aws-sdk/lib-dynamodb');

// Made once per container, so that warm invocations keep the connection.
exports.client = DynamoDBDocumentClient.from(new DynamoDBClient({}));
exports.TableName = process.env.TABLE_NAME;
