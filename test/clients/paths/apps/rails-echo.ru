# The router and the requests of Rails, which say which route was taken and which path was seen. Spec: ../echo.ts.
require "action_dispatch"
require "base64"

ROUTES = %w[/a/b /admin /r.git/info/refs /r.git/info/lfs/objects/batch /other/team].freeze

ECHO = lambda do |route, env|
  request = ActionDispatch::Request.new(env)
  found = request.path_parameters
  views = [request.path, env["PATH_INFO"]]
  views << "/#{found[:rest]}" if found[:rest]
  lines = ["echo #{route}"] + views.map { |view| "b64 #{Base64.strict_encode64(view)}" }
  [200, { "Content-Type" => "text/plain" }, [lines.join("\n")]]
end

router = ActionDispatch::Routing::RouteSet.new
router.draw do
  ROUTES.each do |route|
    ["", "/p"].each { |prefix| match prefix + route, via: :all, to: ECHO.curry[route] }
  end
  match "*rest", via: :all, to: ECHO.curry["*"], format: false
  match "/", via: :all, to: ECHO.curry["*"]
end
run router
