"""Journeys of people through Online Boutique, under a load that goes by the day, the week and a sale.

    locust -f deploy/locust/locustfile.py --host http://frontend.shop --headless

What the load is like is set by environment variables, see README.md. Runs on Locust 2.x.
"""

import os
import random

from locust import HttpUser, LoadTestShape, between, events, tag, task

from load_curve import LoadCurve, Settings

PRODUCTS = (
    "0PUK6V6EV0",
    "1YMWWN1N4O",
    "2ZYFJ3GM2N",
    "66VCHSJNUP",
    "6E92ZMYYFZ",
    "9SIQT8TOJO",
    "L9ECAV7KIM",
    "LS4PSXUNUM",
    "OLJCESPC7Z",
)
CURRENCIES = ("EUR", "USD", "JPY", "CAD", "GBP", "TRY")
WORDS = ("watch", "glasses", "mug", "loafers", "candle")

SETTINGS = Settings.from_environment(os.environ)


class Shopper(HttpUser):
    """Somebody who looks around; few of them buy. The weights follow what the shop's own generator does."""

    wait_time = between(1, 10)

    _people = 0

    def on_start(self):
        # The same seed gives the same journeys: the n-th person of a worker always does the same.
        Shopper._people += 1
        self.random = random.Random(f"{SETTINGS.seed}/{Shopper._people}")
        self.home()

    @tag("browse")
    @task(2)
    def home(self):
        self.client.get("/", name="home")

    @tag("browse")
    @task(10)
    def product(self):
        self.client.get(f"/product/{self.random.choice(PRODUCTS)}", name="product")

    @tag("browse")
    @task(1)
    def currency(self):
        self.client.post("/setCurrency", {"currency_code": self.random.choice(CURRENCIES)}, name="currency")

    @tag("search")
    @task(4)
    def search(self):
        """The shop has no search of its own: people filter what the home page lists, and open some of what they find."""
        word = self.random.choice(WORDS)
        self.client.get(f"/?q={word}", name="search")
        for product in self.random.sample(PRODUCTS, self.random.randint(1, 3)):
            self.client.get(f"/product/{product}", name="product")

    @tag("cart")
    @task(3)
    def cart(self):
        self.client.get("/cart", name="cart")

    @tag("cart")
    @task(2)
    def add_to_cart(self):
        product = self.random.choice(PRODUCTS)
        self.client.get(f"/product/{product}", name="product")
        self.client.post("/cart", {"product_id": product, "quantity": self.random.randint(1, 10)}, name="add to cart")

    @tag("checkout")
    @task(1)
    def checkout(self):
        self.add_to_cart()
        self.client.post(
            "/cart/checkout",
            {
                "email": "someone@example.com",
                "street_address": "1600 Amphitheatre Parkway",
                "zip_code": "94043",
                "city": "Mountain View",
                "state": "CA",
                "country": "United States",
                "credit_card_number": "4432-8015-6152-0454",
                "credit_card_expiration_month": "1",
                "credit_card_expiration_year": "2039",
                "credit_card_cvv": "672",
            },
            name="checkout",
        )


class Week(LoadTestShape):
    """As many people as the curve says, minute by minute."""

    def __init__(self):
        super().__init__()
        self.curve = LoadCurve(SETTINGS)

    def tick(self):
        users = self.curve.users(self.get_run_time())
        return None if users is None else (users, max(1, users / 10))


@events.quitting.add_listener
def judge(environment, **_):
    """With JUDGE_P95_MS the run fails where p95 was higher or more than one in a hundred requests failed."""
    limit = os.environ.get("JUDGE_P95_MS")
    if limit is None:
        return
    total = environment.stats.total
    if total.num_requests == 0 or total.fail_ratio > 0.01 or total.get_response_time_percentile(0.95) > float(limit):
        environment.process_exit_code = 1
