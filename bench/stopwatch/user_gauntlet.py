from network import images, labels, network
import gauntlet

g = gauntlet.connect()
data = g.datasets.upload("stopwatch", images, labels)
net = g.models.submit(network, like=images[:4], name="stopwatch")
result = g.evaluate(net, data, "fgsm", eps="25/255", n=len(images), judging="FLOAT")[0]
print(result.robust_accuracy)
