/* Written by api_services.py from botocore 1.43.11. */
/* What the REST services' calls look like; api_services.h says how to read it. */
#ifndef SHAKETABLE_CORE_API_ROUTES_H
#define SHAKETABLE_CORE_API_ROUTES_H

extern const char api_routes_apigateway[];
extern const char api_routes_batch[];
extern const char api_routes_bedrock[];
extern const char api_routes_cloudfront[];
extern const char api_routes_eks[];
extern const char api_routes_es[];
extern const char api_routes_fis[];
extern const char api_routes_lambda[];
extern const char api_routes_route53[];
extern const char api_routes_s3[];
extern const char api_routes_scheduler[];
extern const char api_routes_xray[];
extern const char api_routes_apigatewayv2[];
extern const char api_routes_bedrock_agent_runtime[];
extern const char api_routes_bedrock_runtime[];
extern const char api_routes_efs[];
extern const char api_routes_iot_data[];
extern const char api_routes_opensearch[];
extern const char api_routes_sesv2[];

#endif
