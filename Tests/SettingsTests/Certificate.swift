/// A self-signed certificate for these tests. Its key doesn't exist any more.
let certificate = """
  -----BEGIN CERTIFICATE-----
  MIIBhTCCASugAwIBAgIUOLTduffi0ODQpJIjOqw2CD8CIDcwCgYIKoZIzj0EAwIw
  FzEVMBMGA1UEAwwMc3RhdHVzZC10ZXN0MCAXDTI2MTEyNTEzMjkxMVoYDzIxMjYx
  MTAxMTMyOTExWjAXMRUwEwYDVQQDDAxzdGF0dXNkLXRlc3QwWTATBgcqhkjOPQIB
  BggqhkjOPQMBBwNCAATwA+wUPgx//WZpVtkZcPVezetmK97RGm/ouTt0sK2uUl9p
  172ggu7wI0/YtNKVrdzSe4/AmRb21qKXlYLQHo74o1MwUTAdBgNVHQ4EFgQUxP/c
  iw8Xtvi6a9iCa0ClGlUtt1YwHwYDVR0jBBgwFoAUxP/ciw8Xtvi6a9iCa0ClGlUt
  t1YwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA96hT8sw6Qqe9
  VxT9JU3VCVZI30mgXMQkxt6h3zrJIc0CIHg7WwzQnewp3WTeksHLgHqS55dd7DS0
  nvjrykFRD8tl
  -----END CERTIFICATE-----

  """
