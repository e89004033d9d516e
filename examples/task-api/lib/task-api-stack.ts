import * as path from 'node:path';
import { CfnOutput, Duration, RemovalPolicy, Stack, StackProps } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cognito from 'aws-cdk-lib/aws-cognito';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/** What differs between the environments and the two variants of the app. */
export interface Settings {
  readonly env: 'prod' | 'dev';
  /** Data outlives the stack, can be restored, and nobody deletes it by mistake: guarded, on prod only. */
  readonly protect: boolean;
  readonly selfSignUp: boolean;
  readonly webOrigin: string;
}

export function settingsFor(env: string, variant: string): Settings {
  if (env !== 'prod' && env !== 'dev') {
    throw new Error(`-c env=${env}: expected prod or dev`);
  }
  if (variant !== 'careless' && variant !== 'guarded') {
    throw new Error(`-c variant=${variant}: expected careless or guarded`);
  }
  return {
    env,
    protect: variant === 'guarded' && env === 'prod',
    selfSignUp: variant === 'careless',
    webOrigin: env === 'prod' ? 'https://tasks.example.com' : 'http://localhost:3000',
  };
}

export interface TaskApiStackProps extends StackProps {
  readonly settings: Settings;
}

export class TaskApiStack extends Stack {
  private readonly settings: Settings;
  private readonly removalPolicy: RemovalPolicy;

  constructor(scope: Construct, id: string, props: TaskApiStackProps) {
    super(scope, id, props);
    this.settings = props.settings;
    this.removalPolicy = props.settings.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;

    const table = this.createTable();
    const users = this.createUsers();
    const api = this.createApi();
    const authorizer = new apigateway.CognitoUserPoolsAuthorizer(this, 'Authorizer', { cognitoUserPools: [users] });
    const secured = { authorizer, authorizationType: apigateway.AuthorizationType.COGNITO };

    const tasks = api.root.addResource('tasks');
    tasks.addMethod('POST', this.handler('Create', table, 'dynamodb:PutItem'), secured);
    tasks.addMethod('GET', this.handler('List', table, 'dynamodb:Query'), {
      ...secured,
      requestParameters: { 'method.request.querystring.status': false },
    });

    const task = tasks.addResource('{id}');
    task.addMethod('GET', this.handler('Get', table, 'dynamodb:GetItem'), secured);
    task.addMethod('PUT', this.handler('Update', table, 'dynamodb:UpdateItem'), secured);
    task.addMethod('DELETE', this.handler('Delete', table, 'dynamodb:DeleteItem'), secured);

    new CfnOutput(this, 'ApiUrl', { value: api.url });
    new CfnOutput(this, 'UserPoolId', { value: users.userPoolId });
  }

  private createTable(): dynamodb.Table {
    const table = new dynamodb.Table(this, 'Tasks', {
      partitionKey: { name: 'owner', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'id', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: this.settings.protect },
      deletionProtection: this.settings.protect,
      removalPolicy: this.removalPolicy,
    });
    table.addGlobalSecondaryIndex({
      indexName: 'by-status',
      partitionKey: { name: 'owner', type: dynamodb.AttributeType.STRING },
      sortKey: { name: 'status', type: dynamodb.AttributeType.STRING },
    });
    return table;
  }

  private createUsers(): cognito.UserPool {
    const users = new cognito.UserPool(this, 'Users', {
      selfSignUpEnabled: this.settings.selfSignUp,
      signInAliases: { email: true },
      autoVerify: { email: true },
      passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
      accountRecovery: cognito.AccountRecovery.EMAIL_ONLY,
      deletionProtection: this.settings.protect,
      removalPolicy: this.removalPolicy,
    });
    const client = users.addClient('Web', {
      authFlows: { userSrp: true },
      accessTokenValidity: Duration.hours(1),
      preventUserExistenceErrors: true,
    });
    new CfnOutput(this, 'UserPoolClientId', { value: client.userPoolClientId });
    return users;
  }

  private createApi(): apigateway.RestApi {
    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: this.removalPolicy,
    });
    return new apigateway.RestApi(this, 'Api', {
      restApiName: `task-api-${this.settings.env}`,
      cloudWatchRole: true,
      deployOptions: {
        stageName: this.settings.env,
        tracingEnabled: true,
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLog),
        accessLogFormat: apigateway.AccessLogFormat.jsonWithStandardFields(),
        throttlingRateLimit: 50,
        throttlingBurstLimit: 100,
      },
      defaultCorsPreflightOptions: {
        allowOrigins: [this.settings.webOrigin],
        allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
        allowHeaders: ['Authorization', 'Content-Type'],
      },
    });
  }

  /** The integration of one operation, whose function may do one thing with the table. */
  private handler(operation: string, table: dynamodb.Table, action: string): apigateway.LambdaIntegration {
    const fn = new lambda.Function(this, `${operation}Task`, {
      runtime: lambda.Runtime.NODEJS_22_X,
      architecture: lambda.Architecture.ARM_64,
      handler: `${operation.toLowerCase()}.handler`,
      code: lambda.Code.fromAsset(path.join(__dirname, '..', 'lambda')),
      memorySize: 256,
      timeout: Duration.seconds(10),
      tracing: lambda.Tracing.ACTIVE,
      environment: { TABLE_NAME: table.tableName, WEB_ORIGIN: this.settings.webOrigin },
    });
    const indexes = action === 'dynamodb:Query' ? [`${table.tableArn}/index/by-status`] : [];
    fn.addToRolePolicy(new iam.PolicyStatement({ actions: [action], resources: [table.tableArn, ...indexes] }));
    return new apigateway.LambdaIntegration(fn);
  }
}
