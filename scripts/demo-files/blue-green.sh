# The part of scripts/demo about blue-green deployments, read by it: real pods change under load, simulated ones without.

# answer SERVICE: what a Service of the app says, asked through the API server.
answer() {
  try kubectl --kubeconfig sandbox.kubeconfig get --raw "/api/v1/namespaces/shop-production/services/$1:8080/proxy/"
}
orders() { [ "$nodes" != real ] || "$@"; }

step "An app blue-green: its new version stands beside the old one"
say "Checkout takes orders all day, none of which may be lost. Its descriptor:"
sed -i.orig 's/CURRENCY, value: USD/CURRENCY, value: EUR/' checkout.yaml
rm -f checkout.yaml.orig
try cat checkout.yaml
# An earlier run of the demo may have been interrupted in the middle of this.
fairlead undeploy checkout --environment production --yes >/dev/null 2>&1 || true
try fairlead deploy checkout.yaml --environment production
say "" "The first version waits for a person as well:"
try fairlead promote checkout --environment production
if [ "$nodes" = real ]; then
  say "" "From now on 200 orders a second come in, at their times whatever is answered: half on" \
    "connections that stay, half on new ones, and some that take 10 s:"
  address=$(kubectl --kubeconfig sandbox.kubeconfig --namespace shop-production \
    get service checkout --output 'jsonpath={.spec.clusterIP}')
  show "python -m bench.load http://$address:8080 --log orders &"
  PYTHONPATH=${files%/scripts/*} behind orders python -m bench.load "http://$address:8080" --log "$heard/answers"
  sleep 2
fi

step "The new version is tried before anybody gets it"
show "sed -i 's/value: EUR/value: USD/' checkout.yaml"
sed -i.orig 's/CURRENCY, value: EUR/CURRENCY, value: USD/' checkout.yaml
rm -f checkout.yaml.orig
try fairlead deploy checkout.yaml --environment production
say "" "It waits for a person. Orders still go to the old version; the preview leads to the" "new one:"
orders answer checkout
orders answer checkout-preview

step "Promote: one switch moves all traffic"
switched=$(date +%s.%N)
new=$(fairlead units checkout --environment production --output json | "$bin/python" -c 'import json, sys
print(json.load(sys.stdin)["units"][0]["candidate"])')
try fairlead promote checkout --environment production
orders answer checkout
orders sleep 2

step "Back by one switch, as long as the old version is hot"
try fairlead rollback production checkout
orders answer checkout
if [ "$nodes" = real ]; then
  sleep 2
  say "" "Enough orders. What became of them, and whether the new version got any too early:"
  hush
  show "python -m bench.answers orders --new $new --switched $switched"
  PYTHONPATH=${files%/scripts/*} python -m bench.answers "$heard/answers" --new "$new" --switched "$switched" |
    sed 's/^/   /'
fi
say "" "The app goes away with all its versions:"
try fairlead undeploy checkout --environment production --yes
