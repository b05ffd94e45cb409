# The page from a private bucket, and the socket beside it on the same origin, through CloudFront.

locals {
  # CloudFront's own cache policies have the same ids in every account.
  caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  caching_disabled  = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

  # The page as it was built, except its settings, which are made below.
  files = setsubtract(fileset(var.page_path, "**"), ["config.json"])
  types = {
    css   = "text/css; charset=utf-8"
    html  = "text/html; charset=utf-8"
    ico   = "image/x-icon"
    js    = "text/javascript; charset=utf-8"
    json  = "application/json"
    map   = "application/json"
    png   = "image/png"
    svg   = "image/svg+xml"
    txt   = "text/plain; charset=utf-8"
    webp  = "image/webp"
    woff2 = "font/woff2"
    xml   = "application/xml"

    webmanifest = "application/manifest+json"
  }

  # Never Host: API Gateway knows only its own.
  handshake_headers = [
    "CloudFront-Viewer-Address",
    "Origin",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "User-Agent",
  ]

  # What the local server sends with the page (PAGE_HEADERS); a test compares the two.
  content_security_policy = join("; ", [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ])
  further_headers = {
    Cross-Origin-Opener-Policy = "same-origin"
    Permissions-Policy         = "camera=(), geolocation=(), microphone=()"
  }
}

# --- The page ----------------------------------------------------------------------------------

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:Readers of a public page need not be logged
  #checkov:skip=CKV_AWS_144:The page is built from the repository; a copy elsewhere would cost money and help no user
  #checkov:skip=CKV_AWS_145:The page is public; S3 encrypts it with its own key anyway
  #checkov:skip=CKV2_AWS_62:Nothing needs a notification that the page has changed
  bucket        = var.bucket
  force_destroy = true # all in it was built
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "forget-old-pages"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 7
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_s3_object" "page" {
  for_each = local.files

  bucket        = aws_s3_bucket.this.id
  key           = each.key
  source        = "${var.page_path}/${each.key}"
  etag          = filemd5("${var.page_path}/${each.key}")
  content_type  = lookup(local.types, lower(regex("[^.]*$", each.key)), "application/octet-stream")
  cache_control = startswith(each.key, "assets/") ? "public, max-age=31536000, immutable" : "no-cache"
}

resource "aws_s3_object" "config" {
  bucket        = aws_s3_bucket.this.id
  key           = "config.json"
  content       = jsonencode(var.page_config)
  content_type  = "application/json"
  cache_control = "no-cache"
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "ReadByThisDistribution"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.this.arn}/*"] # *: every file of the page

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.this.arn]
    }
  }

  statement {
    sid       = "RefuseWithoutTls"
    effect    = "Deny"
    actions   = ["s3:*"] # *: whatever it is, it must not be readable on the way
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

# --- The way to it, and to the socket ----------------------------------------------------------

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.name
  description                       = "Lets the distribution read the page of ${var.name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_origin_request_policy" "socket" {
  name    = "${var.name}-socket"
  comment = "What a handshake needs"

  headers_config {
    header_behavior = "whitelist"

    headers {
      items = local.handshake_headers
    }
  }

  query_strings_config {
    query_string_behavior = "all"
  }

  cookies_config {
    cookie_behavior = "none"
  }
}

resource "aws_cloudfront_response_headers_policy" "page" {
  name    = "${var.name}-page"
  comment = "What the page may do"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.content_security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = var.custom_domain == null # what other hosts of yours do is yours to say
      preload                    = var.custom_domain == null
      override                   = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = local.further_headers

      content {
        header   = items.key
        value    = items.value
        override = true
      }
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV_AWS_68:A firewall costs $5 a month and more; no client connects without an invite, and the brake caps the bill
  #checkov:skip=CKV2_AWS_47:The same firewall, which is not there
  #checkov:skip=CKV_AWS_86:A log of visits would hold names and invites of plain clients, as their query strings do
  #checkov:skip=CKV_AWS_310:There is one API and one bucket, so nothing to fail over to
  #checkov:skip=CKV_AWS_374:A chat for people wherever they are
  enabled             = true
  is_ipv6_enabled     = true
  comment             = var.name
  default_root_object = "index.html"
  http_version        = "http2and3"
  price_class         = "PriceClass_100"
  aliases             = var.custom_domain == null ? [] : [var.custom_domain]

  origin {
    origin_id                = "page"
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  origin {
    origin_id   = "socket"
    domain_name = var.socket_host

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }

    # Only who comes through here knows it; the authorizer knows its hash.
    custom_header {
      name  = var.origin_header
      value = var.origin_secret
    }
  }

  default_cache_behavior {
    target_origin_id           = "page"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.page.id
    compress                   = true
  }

  # Exactly the stage: API Gateway answers 403 to a path after it.
  ordered_cache_behavior {
    path_pattern             = "/${var.socket_stage}"
    target_origin_id         = "socket"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["GET", "HEAD"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = local.caching_disabled
    origin_request_policy_id = aws_cloudfront_origin_request_policy.socket.id
  }

  # CloudFront keeps these errors for 10 seconds, whatever the cache policy says, and the key of /ws
  # has no query: so one client's error, even one of a query that is too long, would be everybody's.
  dynamic "custom_error_response" {
    for_each = [404, 414, 500, 501, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  # With CloudFront's own certificate the oldest TLS is CloudFront's to choose.
  viewer_certificate {
    cloudfront_default_certificate = var.custom_domain == null
    acm_certificate_arn            = var.certificate_arn
    ssl_support_method             = var.custom_domain == null ? null : "sni-only"
    minimum_protocol_version       = var.custom_domain == null ? "TLSv1" : "TLSv1.2_2021"
  }
}
